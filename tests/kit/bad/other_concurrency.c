/* SPDX-License-Identifier: Apache-2.0 */
/* More threads than its manifest says. */
#include "sink.h"

BAD_PLUGIN(.max_concurrency = 4);
