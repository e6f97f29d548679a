/* SPDX-License-Identifier: Apache-2.0 */
/* It takes one host alone. */
#include "sink.h"

static const penstock_plugin* entry_badly(const penstock_host* host) {
  return strcmp(host->name, "penstock") == 0 ? good_entry(host) : NULL;
}

BAD_PLUGIN(.entry = entry_badly);
