/* SPDX-License-Identifier: Apache-2.0 */
/* It clears more than an event of 1.0 has. */
#include "processor.h"

static uint32_t process(void* self, const penstock_event* in, penstock_event* out,
                        size_t event_bytes, penstock_text* error) {
  (void)self;
  (void)in;
  (void)event_bytes;
  (void)error;
  *((volatile char*)out + sizeof *out) = 0;
  return PENSTOCK_PROCESS_KEEP;
}

PROCESSOR_PLUGIN(process);
