/* SPDX-License-Identifier: Apache-2.0 */
/* Nothing is wrong with it, but what it needs is not there. */
#include "sink.h"

static int32_t open_badly(void* self, const penstock_sink_host* host, int64_t deadline_ns,
                          penstock_text* error) {
  (void)self;
  (void)host;
  (void)deadline_ns;
  *error = text_of("no server answers");
  return PENSTOCK_FAILED;
}

BAD_PLUGIN(.open = open_badly);
