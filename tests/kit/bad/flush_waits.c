/* SPDX-License-Identifier: Apache-2.0 */
/* It flushes longer than it may. */
#include <poll.h>
#include <time.h>

#include "sink.h"

static int32_t flush_badly(void* self, int64_t deadline_ns, penstock_text* error) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  const int64_t now_ns = now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
  if (now_ns >= deadline_ns) poll(NULL, 0, 1200);
  return good_flush(self, deadline_ns, error);
}

BAD_PLUGIN(.flush = flush_badly);
