/* SPDX-License-Identifier: Apache-2.0 */
/* It believes that there is always memory. */
#include "sink.h"

static void write_badly(void* self, const penstock_batch* batch, penstock_answer* answer) {
  volatile char* const copy = malloc(1000); /* volatile: or no memory would be asked for */
  *copy = 1;
  good_write(self, batch, answer);
  free((void*)copy);
}

BAD_PLUGIN(.write = write_badly);
