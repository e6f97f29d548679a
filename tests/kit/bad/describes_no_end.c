/* SPDX-License-Identifier: Apache-2.0 */
/* It describes its one component whatever the index is. */
#include "sink.h"

static const penstock_component* describe_badly(uint32_t index) {
  (void)index;
  return good_describe(0);
}

BAD_PLUGIN(.describe = describe_badly);
