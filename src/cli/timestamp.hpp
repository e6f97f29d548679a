// SPDX-License-Identifier: Apache-2.0
// timestamp.hpp: times as programs write them, to nanoseconds since 1970-01-01 UTC.
//
// Errors   empty: no such time, or none that 64 bits of nanoseconds hold (1677 to 2262)
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace penstock::cli {

// RFC 3339: "2026-01-02T03:04:05.123456+01:00". Also with a space or a lower-case letter for T and
// Z, and offsets without the colon. Digits after the ninth of the fraction are cut. [any]
std::optional<std::int64_t> parse_rfc3339(std::string_view text) noexcept;

// A JSON number, of seconds below 10^11, milliseconds below 10^14, microseconds below 10^17, else
// nanoseconds; the fraction counts. Exact, unless it is written with an exponent. [any]
std::optional<std::int64_t> parse_epoch(std::string_view number) noexcept;

}  // namespace penstock::cli
