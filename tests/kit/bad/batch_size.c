/* SPDX-License-Identifier: Apache-2.0 */
/* It takes no batch whose struct has grown. */
#include "sink.h"

static void write_badly(void* self, const penstock_batch* batch, penstock_answer* answer) {
  good_write(self, batch, answer);
  if (batch->size == sizeof *batch) return;
  answer->status = PENSTOCK_WRITE_FATAL;
  answer->reason = text_of("of another version");
}

BAD_PLUGIN(.write = write_badly);
