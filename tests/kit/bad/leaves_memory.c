/* SPDX-License-Identifier: Apache-2.0 */
/* It leaves memory. */
#include "sink.h"

static int32_t open_badly(void* self, const penstock_sink_host* host, int64_t deadline_ns,
                          penstock_text* error) {
  void* const left = malloc(1000);
  if (left != NULL) memset(left, 1, 1000);
  ((struct sink*)self)->kept = left;
  return good_open(self, host, deadline_ns, error);
}

BAD_PLUGIN(.open = open_badly);
