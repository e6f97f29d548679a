// SPDX-License-Identifier: Apache-2.0
#include "event/format_split.hpp"

#include <cstddef>

namespace penstock::event {
namespace {

constexpr std::size_t not_plain = std::string_view::npos;

// The size of the placeholder that `text` begins with.
std::size_t placeholder_size(std::string_view text) {
  if (text.starts_with("{}")) return 2;
  if (!text.starts_with("{:")) return not_plain;
  const std::size_t end = text.find_first_of("{}", 2);
  if (end == std::string_view::npos || text[end] == '{') return not_plain;
  const bool may_be_fill =
      end == 2 && text.size() > 3 && std::string_view("<>^").find(text[3]) != not_plain;
  return may_be_fill ? not_plain : end + 1;
}

}  // namespace

bool split_format(std::string_view format, FormatSplit& split) {
  split.literals.assign(1, {});
  split.specs.clear();
  std::size_t at = 0;
  while (at < format.size()) {
    const std::size_t brace = format.find_first_of("{}", at);
    split.literals.back() += format.substr(at, brace - at);
    if (brace == std::string_view::npos) break;
    if (brace + 1 < format.size() && format[brace + 1] == format[brace]) {  // {{ or }}
      split.literals.back() += format[brace];
      at = brace + 2;
      continue;
    }
    const std::size_t size = placeholder_size(format.substr(brace));
    if (size == not_plain) return false;
    split.specs.push_back(format.substr(brace, size));
    split.literals.emplace_back();
    at = brace + size;
  }
  return true;
}

}  // namespace penstock::event
