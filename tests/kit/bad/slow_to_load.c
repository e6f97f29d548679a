/* SPDX-License-Identifier: Apache-2.0 */
/* It computes for a third of a second before it is asked for anything. */
#include <time.h>

#include "sink.h"

static int32_t init_badly(const penstock_host* host, penstock_text* error) {
  struct timespec used;
  (void)host;
  (void)error;
  do {
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
  } while (used.tv_sec == 0 && used.tv_nsec < 300000000);
  return PENSTOCK_OK;
}

BAD_PLUGIN(.init = init_badly);
