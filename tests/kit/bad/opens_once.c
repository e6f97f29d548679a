/* SPDX-License-Identifier: Apache-2.0 */
/* It cannot be opened a second time. */
#include "sink.h"

static int32_t open_badly(void* self, const penstock_sink_host* host, int64_t deadline_ns,
                          penstock_text* error) {
  struct sink* const sink = self;
  if (sink->kept == NULL) {
    sink->kept = self;
    return good_open(self, host, deadline_ns, error);
  }
  *error = text_of("it was open already");
  return PENSTOCK_FAILED;
}

BAD_PLUGIN(.open = open_badly);
