/* SPDX-License-Identifier: Apache-2.0 */
/* It refuses an option without a reason. */
#include "sink.h"

static penstock_instance* create_badly(const char* name, const penstock_config* config,
                                       penstock_text* error) {
  penstock_value size = {0};
  config->get(config->ctx, text_of("size"), &size);
  return size.as.i64 == 1 ? NULL : good_create(name, config, error);
}

BAD_PLUGIN(.create = create_badly);
