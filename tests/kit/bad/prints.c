/* SPDX-License-Identifier: Apache-2.0 */
/* It prints what is no event. */
#include <unistd.h>

#include "sink.h"

static int32_t init_badly(const penstock_host* host, penstock_text* error) {
  (void)host;
  (void)error;
  if (write(1, "hello\n", 6) != 6) abort();
  return PENSTOCK_OK;
}

BAD_PLUGIN(.init = init_badly);
