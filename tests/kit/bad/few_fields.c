/* SPDX-License-Identifier: Apache-2.0 */
/* It has room for 64 fields. */
#include "sink.h"

static void write_badly(void* self, const penstock_batch* batch, penstock_answer* answer) {
  for (uint64_t i = 0; i < batch->count; ++i) {
    if (event_at(batch, i)->field_count > 64) abort();
  }
  good_write(self, batch, answer);
}

BAD_PLUGIN(.write = write_badly);
