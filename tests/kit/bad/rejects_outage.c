/* SPDX-License-Identifier: Apache-2.0 */
/* When its destination is away the events have to suffer for it. */
#include "client.h"

static void write_to_server(void* self, const penstock_batch* batch, penstock_answer* answer) {
  good_write(self, batch, answer);
  if (is_sent()) return;
  answer->status = PENSTOCK_WRITE_REJECT;
  answer->reason = text_of("no connection");
}

CLIENT_PLUGIN;
