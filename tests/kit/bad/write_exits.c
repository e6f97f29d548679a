/* SPDX-License-Identifier: Apache-2.0 */
/* It ends the process. */
#include <sys/syscall.h>
#include <unistd.h>

#include "sink.h"

static void write_badly(void* self, const penstock_batch* batch, penstock_answer* answer) {
  (void)self;
  (void)batch;
  (void)answer;
  syscall(SYS_exit_group, 0);
}

BAD_PLUGIN(.write = write_badly);
