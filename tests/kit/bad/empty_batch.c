/* SPDX-License-Identifier: Apache-2.0 */
/* It looks at the first event of an empty batch. */
#include "sink.h"

static void write_badly(void* self, const penstock_batch* batch, penstock_answer* answer) {
  if (batch->count == 0) abort();
  good_write(self, batch, answer);
}

BAD_PLUGIN(.write = write_badly);
