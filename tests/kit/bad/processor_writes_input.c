/* SPDX-License-Identifier: Apache-2.0 */
/* It changes the event that it is given. */
#include "processor.h"

static uint32_t process(void* self, const penstock_event* in, penstock_event* out,
                        size_t event_bytes, penstock_text* error) {
  (void)self;
  (void)out;
  (void)event_bytes;
  (void)error;
  ((penstock_event*)(uintptr_t)in)->line = 1;
  return PENSTOCK_PROCESS_KEEP;
}

PROCESSOR_PLUGIN(process);
