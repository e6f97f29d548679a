/* SPDX-License-Identifier: Apache-2.0 */
/* It looks at the last batch when it is destroyed. */
#include "sink.h"

static void write_badly(void* self, const penstock_batch* batch, penstock_answer* answer) {
  ((struct sink*)self)->kept = batch->count == 1 ? batch->events : NULL;
  late_write(self, batch, answer);
}

static void destroy_badly(void* self) {
  const penstock_event* const last = ((struct sink*)self)->kept;
  if (last != NULL && last->producer == 77) abort();
  good_destroy(self);
}

BAD_PLUGIN(.max_in_flight = 4, .open = late_open, .close = late_close, .write = write_badly,
           .destroy = destroy_badly);
