// SPDX-License-Identifier: Apache-2.0
// limits.hpp: the ranges of all options that are numbers, once for files and for structs.
#pragma once

#include <chrono>
#include <cstdint>
#include <limits>

#include "penstock/options.hpp"

namespace penstock::config {

// min .. max, both included; and 0 as well when it has a meaning of its own.
template <class T>
struct Range {
  T min;
  T max;
  bool zero_too = false;

  constexpr bool contains(T value) const {
    return (value >= min && value <= max) || (zero_too && value == T{});
  }
};

using SizeRange = Range<std::uint64_t>;
using CountRange = Range<std::uint64_t>;
using DurationRange = Range<std::chrono::nanoseconds>;

namespace limits {

using namespace std::chrono_literals;

inline constexpr std::uint64_t GiB = 1024 * MiB;

inline constexpr SizeRange pipeline_max_bytes{64 * KiB, 1024 * GiB, true};
inline constexpr SizeRange max_event_bytes{1 * KiB, 16 * MiB};

inline constexpr SizeRange queue_max_bytes{64 * KiB, 64 * GiB};
inline constexpr CountRange queue_reserve{0, 90};
inline constexpr CountRange batch_max_events{1, 1'000'000};
inline constexpr SizeRange batch_max_bytes{1 * KiB, 256 * MiB};
inline constexpr DurationRange batch_linger{0s, 60s};
inline constexpr DurationRange block_timeout{0s, forever};
inline constexpr CountRange cpu{0, 1023};

inline constexpr SizeRange file_max_bytes{0, std::numeric_limits<std::int64_t>::max()};
inline constexpr CountRange backup_count{0, 10'000};
inline constexpr DurationRange rotate_every{1s, 365 * 24h, true};
inline constexpr DurationRange fsync_interval{0s, 1h};
inline constexpr DurationRange webhook_timeout{1ms, 10min};

}  // namespace limits
}  // namespace penstock::config
