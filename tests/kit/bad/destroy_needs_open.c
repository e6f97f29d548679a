/* SPDX-License-Identifier: Apache-2.0 */
/* It destroys what open() would have made. */
#include "sink.h"

static int32_t open_badly(void* self, const penstock_sink_host* host, int64_t deadline_ns,
                          penstock_text* error) {
  ((struct sink*)self)->kept = self;
  return good_open(self, host, deadline_ns, error);
}

static void destroy_badly(void* self) {
  if (((struct sink*)self)->kept == NULL) abort();
  good_destroy(self);
}

BAD_PLUGIN(.open = open_badly, .destroy = destroy_badly);
