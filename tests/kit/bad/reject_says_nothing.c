/* SPDX-License-Identifier: Apache-2.0 */
/* It rejects large events without a reason. */
#include "sink.h"

static void write_badly(void* self, const penstock_batch* batch, penstock_answer* answer) {
  good_write(self, batch, answer);
  for (uint64_t i = 0; i < batch->count; ++i) {
    if (event_at(batch, i)->message.size > 65536) answer->status = PENSTOCK_WRITE_REJECT;
  }
}

BAD_PLUGIN(.write = write_badly);
