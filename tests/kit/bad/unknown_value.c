/* SPDX-License-Identifier: Apache-2.0 */
/* It knows all types of values. */
#include "sink.h"

static void write_badly(void* self, const penstock_batch* batch, penstock_answer* answer) {
  for (uint64_t i = 0; i < batch->count; ++i) {
    const penstock_event* const event = event_at(batch, i);
    for (size_t f = 0; f < event->field_count; ++f) {
      if (event->fields[f].value.type > PENSTOCK_TEXT) abort();
    }
  }
  good_write(self, batch, answer);
}

BAD_PLUGIN(.write = write_badly);
