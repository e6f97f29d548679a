/* SPDX-License-Identifier: Apache-2.0 */
/* It changes how numbers are rounded. */
#include <fenv.h>

#include "sink.h"

static int32_t init_badly(const penstock_host* host, penstock_text* error) {
  (void)host;
  (void)error;
  fesetround(FE_UPWARD);
  return PENSTOCK_OK;
}

BAD_PLUGIN(.init = init_badly);
