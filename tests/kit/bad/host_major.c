/* SPDX-License-Identifier: Apache-2.0 */
/* It takes a host of another major version. */
#include "sink.h"

static const penstock_plugin* entry_badly(const penstock_host* host) {
  penstock_host same = *host;
  same.abi_major = PENSTOCK_ABI_MAJOR;
  return good_entry(&same);
}

BAD_PLUGIN(.entry = entry_badly);
