/* SPDX-License-Identifier: Apache-2.0 */
/* It is linked with a search path. */
#include "sink.h"

BAD_PLUGIN(.max_concurrency = 1);
