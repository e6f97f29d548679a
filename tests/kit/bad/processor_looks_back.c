/* SPDX-License-Identifier: Apache-2.0 */
/* It compares an event with the one before. */
#include "processor.h"

static uint32_t process(void* self, const penstock_event* in, penstock_event* out,
                        size_t event_bytes, penstock_text* error) {
  (void)out;
  (void)event_bytes;
  (void)error;
  struct processor* const me = self;
  if (me->kept != NULL) me->checksum += me->kept->line;
  me->kept = in->field_count == 2 ? in : NULL;
  return PENSTOCK_PROCESS_KEEP;
}

PROCESSOR_PLUGIN(process);
