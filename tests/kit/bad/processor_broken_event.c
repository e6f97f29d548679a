/* SPDX-License-Identifier: Apache-2.0 */
/* It gives fields that are not there. */
#include "processor.h"

static uint32_t process(void* self, const penstock_event* in, penstock_event* out,
                        size_t event_bytes, penstock_text* error) {
  (void)self;
  (void)event_bytes;
  (void)error;
  if (in->message.size < 65536) return PENSTOCK_PROCESS_KEEP;
  out->fields = NULL;
  out->field_count = 1;
  return PENSTOCK_PROCESS_CHANGE;
}

PROCESSOR_PLUGIN(process);
