/* SPDX-License-Identifier: Apache-2.0 */
/* It knows five levels. */
#include "sink.h"

static void write_badly(void* self, const penstock_batch* batch, penstock_answer* answer) {
  for (uint64_t i = 0; i < batch->count; ++i) {
    if (event_at(batch, i)->level > PENSTOCK_LEVEL_ERROR) abort();
  }
  good_write(self, batch, answer);
}

BAD_PLUGIN(.write = write_badly);
