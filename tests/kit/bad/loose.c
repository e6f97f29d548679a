/* SPDX-License-Identifier: Apache-2.0 */
/* Its manifest allows options that it does not have: loose.json. */
#include "sink.h"

BAD_PLUGIN(.max_concurrency = 1);
