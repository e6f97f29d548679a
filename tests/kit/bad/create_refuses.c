/* SPDX-License-Identifier: Apache-2.0 */
/* It never makes its sink, and says why. */
#include "sink.h"

static penstock_instance* create_badly(const char* name, const penstock_config* config,
                                       penstock_text* error) {
  penstock_instance* const made = good_create(name, config, error);
  if (made == NULL) return NULL;
  made->destroy(made->self);
  *error = text_of("not today");
  return NULL;
}

BAD_PLUGIN(.create = create_badly);
