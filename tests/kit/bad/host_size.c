/* SPDX-License-Identifier: Apache-2.0 */
/* It takes no host whose struct has grown. */
#include "sink.h"

static const penstock_plugin* entry_badly(const penstock_host* host) {
  return host->size == sizeof *host ? good_entry(host) : NULL;
}

BAD_PLUGIN(.entry = entry_badly);
