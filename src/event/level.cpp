// SPDX-License-Identifier: Apache-2.0
#include "penstock/level.hpp"

#include <cstddef>

namespace penstock {
namespace {

constexpr std::string_view names[level_count] = {"TRACE",   "DEBUG", "INFO",
                                                 "WARNING", "ERROR", "CRITICAL"};

// `capitals` has capital letters only.
bool same_in_any_case(std::string_view name, std::string_view capitals) noexcept {
  if (name.size() != capitals.size()) return false;
  for (std::size_t i = 0; i < name.size(); ++i) {
    const char c = name[i];
    const char capital = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    if (capital != capitals[i]) return false;
  }
  return true;
}

}  // namespace

std::string_view level_name(Level level) noexcept {
  const auto index = static_cast<std::size_t>(level);
  return index < level_count ? names[index] : names[level_count - 1];
}

std::optional<Level> parse_level(std::string_view name) noexcept {
  for (std::size_t i = 0; i < level_count; ++i) {
    if (same_in_any_case(name, names[i])) return static_cast<Level>(i);
  }
  if (same_in_any_case(name, "WARN")) return Level::warning;
  if (same_in_any_case(name, "FATAL")) return Level::critical;
  return std::nullopt;
}

}  // namespace penstock
