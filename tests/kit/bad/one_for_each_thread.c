/* SPDX-License-Identifier: Apache-2.0 */
/* Each thread gets another penstock_plugin. */
#include "sink.h"

static const penstock_plugin* entry_badly(const penstock_host* host) {
  static _Thread_local penstock_plugin plugin;
  const penstock_plugin* const good = good_entry(host);
  if (good == NULL) return NULL;
  plugin = *good;
  return &plugin;
}

BAD_PLUGIN(.entry = entry_badly);
