/* SPDX-License-Identifier: Apache-2.0 */
/* It knows no request of a later version. */
#include "sink.h"

static void control_badly(void* self, uint32_t request) {
  if (request > PENSTOCK_CONTROL_ROTATE) abort();
  good_control(self, request);
}

BAD_PLUGIN(.control = control_badly);
