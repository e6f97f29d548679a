/* SPDX-License-Identifier: Apache-2.0 */
/* It rejects texts with a NUL, and counts wrongly. */
#include "sink.h"

static void write_badly(void* self, const penstock_batch* batch, penstock_answer* answer) {
  static uint32_t positions[1];
  good_write(self, batch, answer);
  for (uint64_t i = 0; i < batch->count; ++i) {
    const penstock_text message = event_at(batch, i)->message;
    if (message.size == 0 || memchr(message.data, 0, message.size) == NULL) continue;
    positions[0] = (uint32_t)batch->count;
    answer->status = PENSTOCK_WRITE_REJECT;
    answer->positions = positions;
    answer->position_count = 1;
    answer->reason = text_of("a NUL");
  }
}

BAD_PLUGIN(.write = write_badly);
