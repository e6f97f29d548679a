/* SPDX-License-Identifier: Apache-2.0 */
/* It crashes at its end. */
#include "sink.h"

static void deinit_badly(void) { abort(); }

BAD_PLUGIN(.deinit = deinit_badly);
