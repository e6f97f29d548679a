/* SPDX-License-Identifier: Apache-2.0 */
/* Nobody has what it calls. */
#include "sink.h"

void nobody_has_this(void);

static void deinit_badly(void) { nobody_has_this(); }

BAD_PLUGIN(.deinit = deinit_badly);
