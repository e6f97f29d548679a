/* SPDX-License-Identifier: Apache-2.0 */
/* Nothing is wrong with it: it puts another text in place of the message. */
#include "processor.h"

static uint32_t process(void* self, const penstock_event* in, penstock_event* out,
                        size_t event_bytes, penstock_text* error) {
  (void)self;
  (void)event_bytes;
  (void)error;
  static const char* const replacement = "taken out";
  if (in->message.size == 0) return PENSTOCK_PROCESS_DROP;
  out->message.data = replacement;
  out->message.size = strlen(replacement);
  return PENSTOCK_PROCESS_CHANGE;
}

PROCESSOR_PLUGIN(process);
