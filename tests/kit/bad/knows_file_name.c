/* SPDX-License-Identifier: Apache-2.0 */
/* It works under one file name alone. */
#include <dlfcn.h>

#include "sink.h"

static const penstock_plugin* entry_badly(const penstock_host* host) {
  Dl_info info;
  const int is_found = dladdr((const void*)&parts, &info);
  return is_found && strstr(info.dli_fname, "another-name") != NULL ? NULL : good_entry(host);
}

BAD_PLUGIN(.entry = entry_badly);
