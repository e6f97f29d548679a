/* SPDX-License-Identifier: Apache-2.0 */
/* It cannot be opened, and does not say why. */
#include "sink.h"

static int32_t open_badly(void* self, const penstock_sink_host* host, int64_t deadline_ns,
                          penstock_text* error) {
  (void)self;
  (void)host;
  (void)deadline_ns;
  (void)error;
  return PENSTOCK_FAILED;
}

BAD_PLUGIN(.open = open_badly);
