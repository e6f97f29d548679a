// SPDX-License-Identifier: Apache-2.0
// level.hpp: how severe an event is.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "penstock/export.hpp"

namespace penstock {

// Low to high. The words in YAML, reports and text lines are the same in capitals.
enum class Level : std::uint8_t { trace, debug, info, warning, error, critical };

inline constexpr int level_count = 6;

namespace detail {
inline constexpr std::array<std::string_view, level_count> level_names = {
    "TRACE", "DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"};
}

// "TRACE" .. "CRITICAL". [any]
constexpr std::string_view level_name(Level level) noexcept {
  const auto index = static_cast<std::size_t>(level);
  return detail::level_names[index < level_count ? index : level_count - 1];
}

// The level of that name, in any case; "WARN" and "FATAL" are accepted as well. Empty when there is
// none of that name. [any]
PENSTOCK_EXPORT std::optional<Level> parse_level(std::string_view name) noexcept;

}  // namespace penstock
