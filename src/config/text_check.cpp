// SPDX-License-Identifier: Apache-2.0
#include "config/text_check.hpp"

#include "event/utf8.hpp"

namespace penstock::config {

std::optional<BadText> find_bad_text(std::string_view text) {
  for (std::size_t i = 0; i < text.size();) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if (byte == 0) return BadText{i, "a NUL byte"};
    if ((byte < 0x20 && byte != '\t' && byte != '\n' && byte != '\r') || byte == 0x7F) {
      return BadText{i, "a control character"};
    }
    if (byte < 0x80) {
      ++i;
      continue;
    }
    const event::Utf8Character character = event::utf8_character(text.data() + i, text.size() - i);
    if (!character.valid) return BadText{i, "a byte that is not UTF-8"};
    i += character.size;
  }
  return std::nullopt;
}

}  // namespace penstock::config
