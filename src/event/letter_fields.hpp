// SPDX-License-Identifier: Apache-2.0
// letter_fields.hpp: the fields that a dead letter has besides its own; none is anything else's.
#pragma once

#include <algorithm>
#include <array>
#include <string_view>

namespace penstock::event::letter_fields {

inline constexpr std::string_view sink = "dead_letter_sink";  // that refused it
inline constexpr std::string_view reason = "dead_letter_reason";
inline constexpr std::string_view attempts = "dead_letter_attempts";
inline constexpr std::string_view first_error = "dead_letter_first_error";
inline constexpr std::string_view last_error = "dead_letter_last_error";
inline constexpr std::string_view first_time = "dead_letter_first_time";
inline constexpr std::string_view last_time = "dead_letter_last_time";

inline constexpr std::array<std::string_view, 7> all = {
    sink, reason, attempts, first_error, last_error, first_time, last_time};

constexpr bool contain(std::string_view key) noexcept {
  return std::find(all.begin(), all.end(), key) != all.end();
}

}  // namespace penstock::event::letter_fields
