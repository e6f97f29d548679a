/* SPDX-License-Identifier: Apache-2.0 */
/* It has every extension. */
#include "sink.h"

static const void* get_extension_badly(void* self, const char* id) {
  (void)id;
  return self;
}

BAD_PLUGIN(.get_extension = get_extension_badly);
