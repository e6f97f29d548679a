/* SPDX-License-Identifier: Apache-2.0 */
/* It fails at a NUL without a reason. */
#include "processor.h"

static uint32_t process(void* self, const penstock_event* in, penstock_event* out,
                        size_t event_bytes, penstock_text* error) {
  (void)self;
  (void)out;
  (void)event_bytes;
  (void)error;
  const int has_nul = in->message.size > 0 && memchr(in->message.data, 0, in->message.size) != NULL;
  return has_nul ? PENSTOCK_PROCESS_FAILED : PENSTOCK_PROCESS_KEEP;
}

PROCESSOR_PLUGIN(process);
