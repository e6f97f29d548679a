// SPDX-License-Identifier: Apache-2.0
#include "signing/version.hpp"

#include <algorithm>
#include <limits>

#include "signing/scan.hpp"

namespace penstock::signing {
namespace {

constexpr std::uint64_t number_max = std::numeric_limits<std::uint64_t>::max();

bool is_identifier(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return is_digit(c) || is_letter(c) || c == '-';
  });
}

bool is_prerelease(std::string_view text) {
  const bool leading_zero = all_digits(text) && text.size() > 1 && text.front() == '0';
  return is_identifier(text) && !leading_zero;
}

// Cuts what follows the first `mark` off; empty when there is no mark.
std::optional<std::string_view> cut_after(std::string_view& text, char mark) {
  const std::size_t at = text.find(mark);
  if (at == std::string_view::npos) return std::nullopt;
  const std::string_view after = text.substr(at + 1);
  text = text.substr(0, at);
  return after;
}

// Numbers by value, and before words; words by their bytes. Numbers have no leading zeros, so the
// longer one is the larger, whatever its size.
std::weak_ordering compare_identifiers(std::string_view a, std::string_view b) noexcept {
  const bool a_is_number = all_digits(a);
  if (a_is_number != all_digits(b)) {
    return a_is_number ? std::weak_ordering::less : std::weak_ordering::greater;
  }
  if (a_is_number && a.size() != b.size()) return a.size() <=> b.size();
  return a <=> b;
}

}  // namespace

std::optional<Version> Version::parse(std::string_view text) {
  if (text.size() > bytes_max) return std::nullopt;
  Version version;
  version.text_ = text;
  if (const auto build = cut_after(text, '+')) {
    const auto pieces = split(*build, '.');
    if (!std::all_of(pieces.begin(), pieces.end(), is_identifier)) return std::nullopt;
  }
  if (const auto prerelease = cut_after(text, '-')) {
    const auto pieces = split(*prerelease, '.');
    if (!std::all_of(pieces.begin(), pieces.end(), is_prerelease)) return std::nullopt;
    version.prerelease_.assign(pieces.begin(), pieces.end());
  }
  const auto numbers = split(text, '.');
  if (numbers.size() != version.numbers_.size()) return std::nullopt;
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    const auto number = scan_number(numbers[i], number_max);
    if (!number) return std::nullopt;
    version.numbers_[i] = *number;
  }
  return version;
}

std::weak_ordering operator<=>(const Version& a, const Version& b) noexcept {
  if (a.numbers_ != b.numbers_) return a.numbers_ <=> b.numbers_;
  // A version is later than all its pre-releases.
  if (a.prerelease_.empty() != b.prerelease_.empty()) {
    return a.prerelease_.empty() ? std::weak_ordering::greater : std::weak_ordering::less;
  }
  return std::lexicographical_compare_three_way(a.prerelease_.begin(), a.prerelease_.end(),
                                                b.prerelease_.begin(), b.prerelease_.end(),
                                                compare_identifiers);
}

}  // namespace penstock::signing
