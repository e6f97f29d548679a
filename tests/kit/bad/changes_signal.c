/* SPDX-License-Identifier: Apache-2.0 */
/* It changes what happens at a signal. */
#include <signal.h>

#include "sink.h"

static int32_t init_badly(const penstock_host* host, penstock_text* error) {
  (void)host;
  (void)error;
  signal(SIGUSR1, SIG_IGN);
  return PENSTOCK_OK;
}

BAD_PLUGIN(.init = init_badly);
