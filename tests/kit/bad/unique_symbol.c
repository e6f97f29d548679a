/* SPDX-License-Identifier: Apache-2.0 */
/* It has a symbol that all plugins would share. */
#include "sink.h"

__asm__(
    ".pushsection .data\n.globl unique_counter\n.type unique_counter, @gnu_unique_object\n"
    ".size unique_counter, 4\nunique_counter: .long 0\n.popsection\n");

BAD_PLUGIN(.max_concurrency = 1);
