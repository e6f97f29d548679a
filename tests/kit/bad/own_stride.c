/* SPDX-License-Identifier: Apache-2.0 */
/* It goes from event to event by the size that it knows. */
#include "sink.h"

static void write_badly(void* self, const penstock_batch* batch, penstock_answer* answer) {
  struct sink* const sink = self;
  for (uint64_t i = 0; i < batch->count; ++i) {
    const penstock_text message = batch->events[i].message;
    for (size_t c = 0; c < message.size; ++c) sink->checksum += (uint8_t)message.data[c];
  }
  answer->status = PENSTOCK_WRITE_OK;
}

BAD_PLUGIN(.write = write_badly);
