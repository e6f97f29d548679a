/* SPDX-License-Identifier: Apache-2.0 */
/* It tells a figure to every host, also to one of interface 1.0. */
#include "sink.h"

static void write_badly(void* self, const penstock_batch* batch, penstock_answer* answer) {
  const penstock_sink_host* const host = ((struct sink*)self)->host;
  good_write(self, batch, answer);
  host->measure(host->ctx, text_of("batches"), 1);
}

BAD_PLUGIN(.write = write_badly);
