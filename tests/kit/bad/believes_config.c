/* SPDX-License-Identifier: Apache-2.0 */
/* It believes that each option can be told. */
#include "sink.h"

static penstock_instance* create_badly(const char* name, const penstock_config* config,
                                       penstock_text* error) {
  const penstock_text path = text_of("label");
  penstock_value value;
  if (config->get(config->ctx, path, &value) == PENSTOCK_FAILED) abort();
  return good_create(name, config, error);
}

BAD_PLUGIN(.create = create_badly);
