/* SPDX-License-Identifier: Apache-2.0 */
/* It shows a second function. */
#include "sink.h"

__attribute__((visibility("default"))) int second_export(void);
int second_export(void) { return 2; }

BAD_PLUGIN(.max_concurrency = 1);
