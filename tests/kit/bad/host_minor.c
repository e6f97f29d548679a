/* SPDX-License-Identifier: Apache-2.0 */
/* It takes no host of a newer minor version. */
#include "sink.h"

static const penstock_plugin* entry_badly(const penstock_host* host) {
  return host->abi_minor == PENSTOCK_ABI_MINOR ? good_entry(host) : NULL;
}

BAD_PLUGIN(.entry = entry_badly);
