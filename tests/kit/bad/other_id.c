/* SPDX-License-Identifier: Apache-2.0 */
/* Its id is not that of its manifest. */
#include "sink.h"

static const penstock_plugin* entry_badly(const penstock_host* host) {
  static penstock_plugin plugin;
  const penstock_plugin* const good = good_entry(host);
  if (good == NULL) return NULL;
  plugin = *good;
  plugin.id = "org.example.other";
  return &plugin;
}

BAD_PLUGIN(.entry = entry_badly);
