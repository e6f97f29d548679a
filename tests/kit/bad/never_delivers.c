/* SPDX-License-Identifier: Apache-2.0 */
/* Nothing is wrong with it, but what it needs is not there any more. */
#include "sink.h"

static void write_badly(void* self, const penstock_batch* batch, penstock_answer* answer) {
  (void)self;
  (void)batch;
  answer->status = PENSTOCK_WRITE_RETRY;
  answer->reason = text_of("no server answers");
}

BAD_PLUGIN(.write = write_badly);
