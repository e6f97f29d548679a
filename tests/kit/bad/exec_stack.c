/* SPDX-License-Identifier: Apache-2.0 */
/* It is linked with -z execstack. */
#include "sink.h"

BAD_PLUGIN(.max_concurrency = 1);
