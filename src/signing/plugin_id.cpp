// SPDX-License-Identifier: Apache-2.0
#include "signing/plugin_id.hpp"

#include <algorithm>

#include "signing/scan.hpp"

namespace penstock::signing {
namespace {

bool is_word(std::string_view text) noexcept {
  return !text.empty() && text.front() != '-' && text.back() != '-' &&
         std::all_of(text.begin(), text.end(),
                     [](char c) { return is_lower(c) || is_digit(c) || c == '-'; });
}

// How many words there are, with dots between; 0 when something else is there.
std::size_t count_words(std::string_view text) noexcept {
  for (std::size_t count = 1;; ++count) {
    const std::size_t end = text.find('.');
    if (!is_word(text.substr(0, end))) return 0;
    if (end == std::string_view::npos) return count;
    text.remove_prefix(end + 1);
  }
}

}  // namespace

bool is_plugin_id(std::string_view text) noexcept {
  return text.size() <= plugin_id_bytes_max && count_words(text) >= 2;
}

std::optional<IdPattern> IdPattern::parse(std::string_view text) {
  if (text.size() > plugin_id_bytes_max) return std::nullopt;
  const bool below = text.ends_with(".*") && count_words(text.substr(0, text.size() - 2)) >= 1;
  if (text != "*" && !below && !is_plugin_id(text)) return std::nullopt;
  return IdPattern(text);
}

bool IdPattern::matches(std::string_view id) const noexcept {
  if (!is_plugin_id(id)) return false;
  if (!text_.ends_with('*')) return id == text_;
  const std::string_view beginning = std::string_view(text_).substr(0, text_.size() - 1);
  return id.size() > beginning.size() && id.starts_with(beginning);
}

}  // namespace penstock::signing
