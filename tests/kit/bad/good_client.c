/* SPDX-License-Identifier: Apache-2.0 */
/* It sends, and when it cannot, it can later. */
#include "client.h"

static void write_to_server(void* self, const penstock_batch* batch, penstock_answer* answer) {
  good_write(self, batch, answer);
  if (is_sent()) return;
  answer->status = PENSTOCK_WRITE_RETRY;
  answer->reason = text_of("no connection");
}

CLIENT_PLUGIN;
