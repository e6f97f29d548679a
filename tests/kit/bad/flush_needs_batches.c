/* SPDX-License-Identifier: Apache-2.0 */
/* It cannot be flushed when nothing was written. */
#include "sink.h"

static void write_badly(void* self, const penstock_batch* batch, penstock_answer* answer) {
  ((struct sink*)self)->kept = self;
  good_write(self, batch, answer);
}

static int32_t flush_badly(void* self, int64_t deadline_ns, penstock_text* error) {
  if (((struct sink*)self)->kept == NULL) abort();
  return good_flush(self, deadline_ns, error);
}

BAD_PLUGIN(.write = write_badly, .flush = flush_badly);
