// SPDX-License-Identifier: Apache-2.0
// json_encoder.hpp: one JSON object a line, valid for any bytes. Its keys, in this order:
//
//   time level logger thread         always
//   file line function               when known
//   message                          always
//   event tags trace_id span_id      when the event has them
//   truncated_bytes                  when the message was cut
//   fields                           when there are any: an object of its own, so that no field's
//                                    key meets one of these; of equal keys the last field holds
//
// Integers are exact. Doubles have a '.' or an exponent; those that are no numbers are the texts
// "NaN", "Infinity", "-Infinity". Bytes that are not UTF-8 become U+FFFD.
#pragma once

#include <vector>

#include "event/encoder.hpp"
#include "event/message.hpp"
#include "event/time_text.hpp"

namespace penstock::event {

class JsonEncoder final : public Encoder {
 private:
  void append_line(const EventParts& parts, base::Buffer& out) override;
  void append_head(const EventParts& parts, base::Buffer& out);
  void append_fields(const EventParts& parts, base::Buffer& out);

  TimeText time_{};
  MessageScratch scratch_{};
  std::vector<FieldView> fields_{};
};

}  // namespace penstock::event
