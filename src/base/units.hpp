// SPDX-License-Identifier: Apache-2.0
// units.hpp: numbers with units, from text and to text, as people write them in configurations.
//
// Errors   a problem reads on after the key: "'linger' " + "needs a unit: ..."
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace penstock::base {

// A value, or the problem.
template <class T>
struct Parsed {
  std::optional<T> value;
  std::string problem;

  static Parsed of(T value) { return {std::move(value), {}}; }
  static Parsed failed(std::string problem) { return {std::nullopt, std::move(problem)}; }
};

// 64MiB, 512 kB, 1.5GiB, 10485760. Units: B kB KB MB GB TB KiB MiB GiB TiB.
Parsed<std::uint64_t> parse_size(std::string_view text);

// 5ms, 2s, 1.5h, 0. Units: ns us ms s m h d; only 0 needs none.
Parsed<std::chrono::nanoseconds> parse_duration(std::string_view text);

// 0, 1, 2, .. in decimal digits, without leading zeros.
Parsed<std::uint64_t> parse_count(std::string_view text);

// 1000/s, of events; 10MiB/s or 10 MiB/s, of bytes.
struct Rate {
  std::uint64_t per_second;
  bool of_bytes;
};
Parsed<Rate> parse_rate(std::string_view text);

// 1/100: one in a hundred. The value is the hundred.
Parsed<std::uint64_t> parse_sample(std::string_view text);

// 10%, 0.
Parsed<std::uint64_t> parse_percent(std::string_view text);

// 0640, 640, 0o640: permission bits, always octal, at most 0777.
Parsed<std::uint64_t> parse_mode(std::string_view text);

// In the largest unit that is exact: "64KiB", "5ms", "0"; "forever" for the longest duration.
std::string format_size(std::uint64_t bytes);
std::string format_duration(std::chrono::nanoseconds duration);

}  // namespace penstock::base
