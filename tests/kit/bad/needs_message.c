/* SPDX-License-Identifier: Apache-2.0 */
/* It takes a message to be there. */
#include "sink.h"

static void write_badly(void* self, const penstock_batch* batch, penstock_answer* answer) {
  struct sink* const sink = self;
  for (uint64_t i = 0; i < batch->count; ++i) {
    const volatile char* const message = event_at(batch, i)->message.data;
    sink->checksum += (uint8_t)*message;
  }
  good_write(self, batch, answer);
}

BAD_PLUGIN(.write = write_badly);
