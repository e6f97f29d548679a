/* SPDX-License-Identifier: Apache-2.0 */
/* It answers what there is not. */
#include "processor.h"

static uint32_t process(void* self, const penstock_event* in, penstock_event* out,
                        size_t event_bytes, penstock_text* error) {
  (void)self;
  (void)in;
  (void)out;
  (void)event_bytes;
  (void)error;
  return 77;
}

PROCESSOR_PLUGIN(process);
