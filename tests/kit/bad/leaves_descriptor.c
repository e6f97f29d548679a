/* SPDX-License-Identifier: Apache-2.0 */
/* It leaves a descriptor open. */
#include <unistd.h>

#include "sink.h"

static int32_t open_badly(void* self, const penstock_sink_host* host, int64_t deadline_ns,
                          penstock_text* error) {
  const int copy = dup(2);
  (void)copy;
  return good_open(self, host, deadline_ns, error);
}

BAD_PLUGIN(.open = open_badly);
