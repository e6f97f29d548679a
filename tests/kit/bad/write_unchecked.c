/* SPDX-License-Identifier: Apache-2.0 */
/* It does not look whether a file could be written. */
#include <fcntl.h>
#include <unistd.h>

#include "sink.h"

static int32_t open_badly(void* self, const penstock_sink_host* host, int64_t deadline_ns,
                          penstock_text* error) {
  const int fd = open("spool", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (fd == -1) {
    *error = text_of("it cannot be opened");
    return PENSTOCK_FAILED;
  }
  close(fd);
  return good_open(self, host, deadline_ns, error);
}

static void write_badly(void* self, const penstock_batch* batch, penstock_answer* answer) {
  const int fd = open("spool", O_WRONLY | O_APPEND | O_CLOEXEC);
  if (write(fd, "x", 1) != 1) abort();
  close(fd);
  good_write(self, batch, answer);
}

BAD_PLUGIN(.open = open_badly, .write = write_badly);
