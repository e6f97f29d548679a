// SPDX-License-Identifier: Apache-2.0
#include "config/words.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include <fmt/format.h>

namespace penstock::config {
namespace {

constexpr std::size_t word_bytes_max = 40;    // longer words are not compared
constexpr std::size_t quoted_bytes_max = 60;  // longer text is cut in messages

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

// One letter may be wrong, and three more of every ten; none in a word of one or two.
std::size_t distance_max(std::string_view a, std::string_view b) {
  const std::size_t shorter = std::min(a.size(), b.size());
  return shorter < 3 ? 0 : shorter * 3 / 10 + 1;
}

}  // namespace

std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before(b.size() + 1), above(b.size() + 1), row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) above[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const bool same = lower(a[i - 1]) == lower(b[j - 1]);
      row[j] = std::min({above[j] + 1, row[j - 1] + 1, above[j - 1] + (same ? 0U : 1U)});
      const bool swapped = i > 1 && j > 1 && lower(a[i - 1]) == lower(b[j - 2]) &&
                           lower(a[i - 2]) == lower(b[j - 1]);
      if (swapped) row[j] = std::min(row[j], before[j - 2] + 1);
    }
    std::swap(before, above);
    std::swap(above, row);
  }
  return above[b.size()];
}

std::string_view nearest(std::string_view written, std::span<const std::string_view> words) {
  if (written.empty() || written.size() > word_bytes_max) return {};
  std::string_view best;
  std::size_t best_distance = word_bytes_max;
  for (const std::string_view word : words) {
    if (word.size() > word_bytes_max) continue;
    const std::size_t distance = edit_distance(written, word);
    if (distance < best_distance && distance <= distance_max(written, word)) {
      best = word;
      best_distance = distance;
    }
  }
  return best;
}

std::string did_you_mean(std::string_view written, std::span<const std::string_view> words) {
  const std::string_view near = nearest(written, words);
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

}  // namespace penstock::config
