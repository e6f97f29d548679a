/* SPDX-License-Identifier: Apache-2.0 */
/* It reads a member that a host of 1.0 does not have. */
#include "sink.h"

static const penstock_plugin* entry_badly(const penstock_host* host) {
  return *((const volatile char*)host + sizeof *host) == 77 ? NULL : good_entry(host);
}

BAD_PLUGIN(.entry = entry_badly);
