// SPDX-License-Identifier: Apache-2.0
// utc.hpp: points in time as "2026-01-02T03:04:05Z", and in no other spelling.
//
// Threads  [any]
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace penstock::signing {

using Time = std::chrono::sys_seconds;

// Of the years 1970 to 9999. Leap seconds are no points in time here.
std::optional<Time> parse_utc(std::string_view text) noexcept;
std::string format_utc(Time time);

}  // namespace penstock::signing
