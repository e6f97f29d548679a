/* SPDX-License-Identifier: Apache-2.0 */
/* Nothing is wrong with it, and it answers later. */
#include "sink.h"

BAD_PLUGIN(LATE);
