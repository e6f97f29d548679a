/* SPDX-License-Identifier: Apache-2.0 */
/* It leaves a thread. */
#include <pthread.h>
#include <unistd.h>

#include "sink.h"

static void* run(void* nothing) {
  for (;;) pause();
  return nothing;
}

static int32_t open_badly(void* self, const penstock_sink_host* host, int64_t deadline_ns,
                          penstock_text* error) {
  static int is_started;
  pthread_t thread;
  if (is_started++ > 0) return good_open(self, host, deadline_ns, error);
  if (pthread_create(&thread, NULL, &run, NULL) == 0) pthread_detach(thread);
  return good_open(self, host, deadline_ns, error);
}

BAD_PLUGIN(.open = open_badly);
