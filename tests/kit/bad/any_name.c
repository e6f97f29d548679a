/* SPDX-License-Identifier: Apache-2.0 */
/* It makes its sink whatever name it is asked for. */
#include "sink.h"

static penstock_instance* create_badly(const char* name, const penstock_config* config,
                                       penstock_text* error) {
  (void)name;
  return good_create("bad", config, error);
}

BAD_PLUGIN(.create = create_badly);
