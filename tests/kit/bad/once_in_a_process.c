/* SPDX-License-Identifier: Apache-2.0 */
/* It takes something that there is once in a process. */
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <stdio.h>

#include "sink.h"

static int32_t init_badly(const penstock_host* host, penstock_text* error) {
  (void)host;
  struct sockaddr_un name = {.sun_family = AF_UNIX};
  snprintf(name.sun_path + 1, sizeof name.sun_path - 1, "penstock-kit-%d", (int)getpid());
  const int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (bind(fd, (const struct sockaddr*)&name, sizeof name) == 0) return PENSTOCK_OK;
  close(fd);
  *error = text_of("somebody else has it");
  return PENSTOCK_FAILED;
}

BAD_PLUGIN(.init = init_badly);
