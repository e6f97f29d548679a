/* SPDX-License-Identifier: Apache-2.0 */
/* It divides by an option that may be zero. */
#include "sink.h"

static penstock_instance* create_badly(const char* name, const penstock_config* config,
                                       penstock_text* error) {
  penstock_value size = {0};
  const int32_t given = config->get(config->ctx, text_of("size"), &size);
  if (given == PENSTOCK_OK && size.as.i64 == 0) abort();
  return good_create(name, config, error);
}

BAD_PLUGIN(.create = create_badly);
