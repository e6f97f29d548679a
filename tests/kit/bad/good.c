/* SPDX-License-Identifier: Apache-2.0 */
/* Nothing is wrong with it. */
#include "sink.h"

BAD_PLUGIN(.max_concurrency = 1);
