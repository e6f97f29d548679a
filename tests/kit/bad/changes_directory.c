/* SPDX-License-Identifier: Apache-2.0 */
/* It changes the working directory. */
#include <unistd.h>

#include "sink.h"

static int32_t init_badly(const penstock_host* host, penstock_text* error) {
  (void)host;
  (void)error;
  if (chdir("/") == -1) abort();
  return PENSTOCK_OK;
}

BAD_PLUGIN(.init = init_badly);
