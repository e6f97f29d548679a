/* SPDX-License-Identifier: Apache-2.0 */
/* It has to be opened by the thread that made it. */
#include <pthread.h>

#include "sink.h"

static pthread_t maker;

static penstock_instance* create_badly(const char* name, const penstock_config* config,
                                       penstock_text* error) {
  maker = pthread_self();
  return good_create(name, config, error);
}

static int32_t open_badly(void* self, const penstock_sink_host* host, int64_t deadline_ns,
                          penstock_text* error) {
  if (!pthread_equal(maker, pthread_self())) abort();
  return good_open(self, host, deadline_ns, error);
}

BAD_PLUGIN(.create = create_badly, .open = open_badly);
