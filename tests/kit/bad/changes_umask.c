/* SPDX-License-Identifier: Apache-2.0 */
/* It changes the umask. */
#include <sys/stat.h>

#include "sink.h"

static int32_t init_badly(const penstock_host* host, penstock_text* error) {
  (void)host;
  (void)error;
  umask(077);
  return PENSTOCK_OK;
}

BAD_PLUGIN(.init = init_badly);
