/* SPDX-License-Identifier: Apache-2.0 */
/* It settles what was never offered. */
#include "sink.h"

static void settle_badly(struct sink* sink, uint64_t token) {
  late_settle(sink, token + 1000000);
  late_settle(sink, token);
}

BAD_PLUGIN(LATE, .settle = settle_badly);
