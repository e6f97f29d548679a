// SPDX-License-Identifier: Apache-2.0
#include "base/words.hpp"

#include <fmt/format.h>

#include "base/text.hpp"

namespace penstock::base {
namespace {

constexpr std::size_t quoted_bytes_max = 60;  // longer text is cut in messages

}  // namespace

std::string did_you_mean(std::string_view written, std::span<const std::string_view> words) {
  const std::string_view near = base::nearest_word(written, words);
  return near.empty() ? std::string() : fmt::format(" (did you mean '{}'?)", near);
}

std::string listed(std::span<const std::string_view> words) {
  return fmt::format("{}", fmt::join(words, ", "));
}

std::string one_line(std::string_view text) {
  std::string result;
  result.reserve(text.size());
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '\n') {
      result += "\\n";
    } else if (byte < 0x20 || byte == 0x7F) {
      result += fmt::format("\\x{:02x}", byte);
    } else {
      result += c;
    }
  }
  return result;
}

std::string in_quotes(std::string_view text) {
  if (text.size() <= quoted_bytes_max) return fmt::format("'{}'", one_line(text));
  std::size_t end = quoted_bytes_max;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) --end;
  return fmt::format("'{}...'", one_line(text.substr(0, end)));
}

}  // namespace penstock::base
