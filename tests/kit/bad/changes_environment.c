/* SPDX-License-Identifier: Apache-2.0 */
/* It changes the environment. */
#include "sink.h"

static int32_t init_badly(const penstock_host* host, penstock_text* error) {
  (void)host;
  (void)error;
  setenv("BAD_PLUGIN", "was here", 1);
  return PENSTOCK_OK;
}

BAD_PLUGIN(.init = init_badly);
