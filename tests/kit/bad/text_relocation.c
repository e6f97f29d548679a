/* SPDX-License-Identifier: Apache-2.0 */
/* Its code is changed while it is loaded. */
#include "sink.h"

__asm__(".pushsection .text\n.balign 8\n.quad " PENSTOCK_PLUGIN_ENTRY_NAME "\n.popsection\n");

BAD_PLUGIN(.max_concurrency = 1);
