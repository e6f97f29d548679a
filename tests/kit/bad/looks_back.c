/* SPDX-License-Identifier: Apache-2.0 */
/* It looks at the batch before, when the next one comes. */
#include "sink.h"

static void write_badly(void* self, const penstock_batch* batch, penstock_answer* answer) {
  struct sink* const sink = self;
  const penstock_event* const before = sink->kept;
  if (before != NULL) sink->checksum += before->message.size;
  good_write(self, batch, answer);
  sink->kept = batch->count == 512 ? batch->events : NULL;
}

BAD_PLUGIN(.write = write_badly);
