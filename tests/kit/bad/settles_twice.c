/* SPDX-License-Identifier: Apache-2.0 */
/* It settles what is pending twice. */
#include "sink.h"

static void settle_badly(struct sink* sink, uint64_t token) {
  late_settle(sink, token);
  late_settle(sink, token);
}

BAD_PLUGIN(LATE, .settle = settle_badly);
