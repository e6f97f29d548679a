/* SPDX-License-Identifier: Apache-2.0 */
/* There can be one instance at a time. */
#include "sink.h"

static int is_in_use;

static int32_t open_badly(void* self, const penstock_sink_host* host, int64_t deadline_ns,
                          penstock_text* error) {
  if (is_in_use) {
    *error = text_of("there is another one");
    return PENSTOCK_FAILED;
  }
  is_in_use = 1;
  return good_open(self, host, deadline_ns, error);
}

static void close_badly(void* self, int64_t deadline_ns) {
  is_in_use = 0;
  good_close(self, deadline_ns);
}

BAD_PLUGIN(.open = open_badly, .close = close_badly);
