// SPDX-License-Identifier: Apache-2.0
#include "plugin/words.hpp"

#include <cstddef>

#include <fmt/format.h>

#include "base/buffer.hpp"
#include "base/text.hpp"
#include "event/escape.hpp"
#include "event/utf8.hpp"

namespace penstock::plugin {
namespace {

constexpr std::size_t quoted_bytes_max = 80;  // longer text is cut in messages

}  // namespace

std::string one_line(std::string_view text) {
  base::Buffer out;
  event::append_escaped<event::Escape::text>(out, text);
  return std::string(out.view());
}

std::string in_quotes(std::string_view text) {
  if (text.size() <= quoted_bytes_max) return fmt::format("'{}'", one_line(text));
  std::size_t end = quoted_bytes_max;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) --end;
  return fmt::format("'{}...'", one_line(text.substr(0, end)));
}

std::string did_you_mean(std::string_view written, std::span<const std::string_view> words) {
  const std::string_view near = base::nearest_word(written, words);
  return near.empty() ? std::string() : fmt::format(" (did you mean '{}'?)", one_line(near));
}

std::string listed(std::span<const std::string_view> words) {
  return fmt::format("{}", fmt::join(words, ", "));
}

bool is_plain_text(std::string_view text) {
  for (std::size_t i = 0; i < text.size();) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if (byte < 0x80) {
      if (byte < 0x20 || byte == 0x7F) return false;
      ++i;
      continue;
    }
    const event::Utf8Character character = event::utf8_character(&text[i], text.size() - i);
    const bool is_c1 = byte == 0xC2 && static_cast<unsigned char>(text[i + 1]) < 0xA0;
    if (!character.valid || is_c1) return false;
    i += character.size;
  }
  return true;
}

}  // namespace penstock::plugin
