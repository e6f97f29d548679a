/* SPDX-License-Identifier: Apache-2.0 */
/* It takes no batch a second time. */
#include "sink.h"

static void write_badly(void* self, const penstock_batch* batch, penstock_answer* answer) {
  if (batch->attempt > 1 && batch->offset == 0 && batch->count == 4) abort();
  good_write(self, batch, answer);
}

BAD_PLUGIN(.write = write_badly);
