/* SPDX-License-Identifier: Apache-2.0 */
/* It puts its mark on the events of a batch. */
#include "sink.h"

static void write_badly(void* self, const penstock_batch* batch, penstock_answer* answer) {
  good_write(self, batch, answer);
  for (uint64_t i = 0; i < batch->count; ++i)
    ((penstock_event*)(uintptr_t)event_at(batch, i))->line = 1;
}

BAD_PLUGIN(.write = write_badly);
