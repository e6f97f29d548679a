/* SPDX-License-Identifier: Apache-2.0 */
/* It has room for 4096 events. */
#include "sink.h"

static void write_badly(void* self, const penstock_batch* batch, penstock_answer* answer) {
  if (batch->count > 4096) abort();
  good_write(self, batch, answer);
}

BAD_PLUGIN(.write = write_badly);
