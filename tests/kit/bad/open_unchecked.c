/* SPDX-License-Identifier: Apache-2.0 */
/* It does not look whether a file could be opened. */
#include <stdio.h>

#include "sink.h"

static int32_t open_badly(void* self, const penstock_sink_host* host, int64_t deadline_ns,
                          penstock_text* error) {
  FILE* const file = fopen("/dev/null", "r");
  if (file == NULL) abort();
  fclose(file);
  return good_open(self, host, deadline_ns, error);
}

BAD_PLUGIN(.open = open_badly);
