/* SPDX-License-Identifier: Apache-2.0 */
/* It reads behind the struct of a batch. */
#include "sink.h"

static void write_badly(void* self, const penstock_batch* batch, penstock_answer* answer) {
  struct sink* const sink = self;
  sink->checksum += (uint8_t) * ((const volatile char*)batch + sizeof *batch);
  good_write(self, batch, answer);
}

BAD_PLUGIN(.write = write_badly);
