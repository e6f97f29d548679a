/* SPDX-License-Identifier: Apache-2.0 */
/* It needs a library that its manifest does not declare. */
#include "sink.h"

BAD_PLUGIN(.max_concurrency = 1);
