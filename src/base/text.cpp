// SPDX-License-Identifier: Apache-2.0
#include "base/text.hpp"

#include <algorithm>
#include <utility>
#include <vector>

namespace penstock::base {
namespace {

constexpr std::size_t word_bytes_max = 40;  // longer words are not compared: no slip of the finger

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

std::string_view nearest_word(std::string_view written, std::span<const std::string_view> words) {
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

}  // namespace penstock::base
