/* SPDX-License-Identifier: Apache-2.0 */
/* What is pending when it is closed is lost. */
#include "sink.h"

BAD_PLUGIN(LATE, .late_ms = 20, .loses_at_close = 1);
