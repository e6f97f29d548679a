/* SPDX-License-Identifier: Apache-2.0 */
/* It never settles what it has left pending. */
#include "sink.h"

static void settle_badly(struct sink* sink, uint64_t token) {
  (void)sink;
  (void)token;
}

BAD_PLUGIN(LATE, .settle = settle_badly);
