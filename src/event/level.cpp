// SPDX-License-Identifier: Apache-2.0
#include "penstock/level.hpp"

#include <cstddef>

namespace penstock {
namespace {

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

std::optional<Level> parse_level(std::string_view name) noexcept {
  for (std::size_t i = 0; i < level_count; ++i) {
    if (same_in_any_case(name, detail::level_names[i])) return static_cast<Level>(i);
  }
  if (same_in_any_case(name, "WARN")) return Level::warning;
  if (same_in_any_case(name, "FATAL")) return Level::critical;
  return std::nullopt;
}

}  // namespace penstock
