// SPDX-License-Identifier: Apache-2.0
// logfmt_encoder.hpp: key=value lines, with the keys of json_encoder.hpp and then the fields.
//
// A field whose key is one of those, or is one of those after any number of "field_", gets "field_"
// in front; so no two keys become one. Of equal keys the last field holds. Tags are separated by
// commas; a comma or backslash in a tag has a backslash in front. Values: see logfmt_value.hpp.
#pragma once

#include <string>
#include <vector>

#include "event/encoder.hpp"
#include "event/message.hpp"
#include "event/time_text.hpp"

namespace penstock::event {

class LogfmtEncoder final : public Encoder {
 private:
  void append_line(const EventParts& parts, base::Buffer& out) override;
  void append_message(const EventParts& parts, base::Buffer& out);
  void append_tags(const EventParts& parts, base::Buffer& out);
  void append_fields(const EventParts& parts, base::Buffer& out);

  TimeText time_{};
  MessageScratch scratch_{};
  std::vector<FieldView> fields_{};
  std::string tags_{};
};

}  // namespace penstock::event
