/* SPDX-License-Identifier: Apache-2.0 */
/* It takes the beginning of an id for the whole. */
#include "sink.h"

static const penstock_factory* get_factory_badly(const char* point) {
  const int begins_so = strncmp(point, "penstock.sink", 13) == 0;
  return begins_so ? good_get_factory(PENSTOCK_POINT_SINK) : NULL;
}

BAD_PLUGIN(.get_factory = get_factory_badly);
