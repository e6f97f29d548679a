// SPDX-License-Identifier: Apache-2.0
#include "plugin/version.hpp"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

namespace penstock::plugin {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

bool is_identifier_letter(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-';
}

bool is_number(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), is_digit);
}

// The text up to `end`, which is taken off with it; all of it when there is no `end`.
std::string_view take_until(std::string_view& text, char end) {
  const std::size_t at = text.find(end);
  const std::string_view part = text.substr(0, at);
  text.remove_prefix(at == std::string_view::npos ? text.size() : at + 1);
  return part;
}

bool parse_number(std::string_view text, std::uint64_t& number) {
  if (!is_number(text) || (text.size() > 1 && text[0] == '0')) return false;
  return std::from_chars(text.data(), text.data() + text.size(), number).ec == std::errc{};
}

bool is_identifier(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), is_identifier_letter);
}

// Parts with dots between them.
bool parse_identifiers(std::string_view text, std::vector<std::string>& parts) {
  for (bool more = true; more;) {
    more = text.find('.') != std::string_view::npos;
    const std::string_view part = take_until(text, '.');
    if (!is_identifier(part)) return false;
    parts.emplace_back(part);
  }
  return true;
}

// Numbers of any length, without leading zeros: the longer one is the larger.
std::weak_ordering compare_digits(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return a.size() <=> b.size();
  return a.compare(b) <=> 0;
}

std::weak_ordering compare_identifiers(const std::string& a, const std::string& b) {
  const bool a_is_number = is_number(a);
  if (a_is_number && is_number(b)) return compare_digits(a, b);
  if (a_is_number != is_number(b)) {
    return a_is_number ? std::weak_ordering::less : std::weak_ordering::greater;
  }
  return a.compare(b) <=> 0;
}

}  // namespace

std::optional<Version> Version::parse(std::string_view text) {
  Version version;
  std::vector<std::string> build;
  const std::size_t plus = text.find('+');
  if (plus != std::string_view::npos) {
    version.build = text.substr(plus + 1);
    if (!parse_identifiers(version.build, build)) return std::nullopt;
    text = text.substr(0, plus);
  }
  const std::size_t dash = text.find('-');
  if (dash != std::string_view::npos) {
    if (!parse_identifiers(text.substr(dash + 1), version.pre_release)) return std::nullopt;
    text = text.substr(0, dash);
  }
  for (const std::string& part : version.pre_release) {
    if (is_number(part) && part.size() > 1 && part[0] == '0') return std::nullopt;
  }
  if (std::count(text.begin(), text.end(), '.') != 2) return std::nullopt;
  const std::string_view major = take_until(text, '.');
  const std::string_view minor = take_until(text, '.');
  const bool good = parse_number(major, version.major) && parse_number(minor, version.minor) &&
                    parse_number(text, version.patch);
  return good ? std::optional(std::move(version)) : std::nullopt;
}

std::string Version::to_string() const {
  std::string text = fmt::format("{}.{}.{}", major, minor, patch);
  if (!pre_release.empty()) text += fmt::format("-{}", fmt::join(pre_release, "."));
  if (!build.empty()) text += "+" + build;
  return text;
}

std::weak_ordering compare(const Version& a, const Version& b) {
  if (a.major != b.major) return a.major <=> b.major;
  if (a.minor != b.minor) return a.minor <=> b.minor;
  if (a.patch != b.patch) return a.patch <=> b.patch;
  // What is released comes after all that was before it.
  if (a.pre_release.empty() != b.pre_release.empty()) {
    return a.pre_release.empty() ? std::weak_ordering::greater : std::weak_ordering::less;
  }
  return std::lexicographical_compare_three_way(a.pre_release.begin(), a.pre_release.end(),
                                                b.pre_release.begin(), b.pre_release.end(),
                                                compare_identifiers);
}

}  // namespace penstock::plugin
