/* SPDX-License-Identifier: Apache-2.0 */
/* It leaves a process. */
#include <unistd.h>

#include "sink.h"

static int32_t open_badly(void* self, const penstock_sink_host* host, int64_t deadline_ns,
                          penstock_text* error) {
  if (fork() == 0) {
    for (;;) pause();
  }
  return good_open(self, host, deadline_ns, error);
}

BAD_PLUGIN(.open = open_badly);
