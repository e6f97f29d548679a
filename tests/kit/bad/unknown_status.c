/* SPDX-License-Identifier: Apache-2.0 */
/* It answers what there is not. */
#include "sink.h"

static void write_badly(void* self, const penstock_batch* batch, penstock_answer* answer) {
  good_write(self, batch, answer);
  answer->status = 77;
}

BAD_PLUGIN(.write = write_badly);
