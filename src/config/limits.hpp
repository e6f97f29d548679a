// SPDX-License-Identifier: Apache-2.0
// limits.hpp: the ranges of all options that are numbers, once for files and for structs.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>

#include <fmt/format.h>

#include "penstock/options.hpp"
#include "penstock/sinks.hpp"

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

inline constexpr std::size_t sinks_max = 60;  // bits of a word in each producer

inline constexpr std::size_t processors_max = 16;

inline constexpr SizeRange queue_max_bytes{64 * KiB, 64 * GiB};
inline constexpr CountRange queue_reserve{0, 90};
inline constexpr CountRange batch_max_events{1, 1'000'000};
inline constexpr SizeRange batch_max_bytes{1 * KiB, 256 * MiB};
inline constexpr DurationRange batch_linger{0s, 60s};
inline constexpr DurationRange block_timeout{0s, forever};
inline constexpr DurationRange backoff{1ms, 1h};
inline constexpr DurationRange expire_after{1ms, forever};
inline constexpr CountRange breaker_failures{1, 1000};
inline constexpr CountRange error_budget{1, 1000};
inline constexpr CountRange max_in_flight{1, 1000};
inline constexpr DurationRange call_timeout{1ms, forever};
inline constexpr CountRange rate_events{1, 1'000'000'000};
inline constexpr SizeRange rate_bytes{1, 8 * GiB};
inline constexpr CountRange sample{1, 1'000'000'000};
inline constexpr DurationRange deduplicate{1ms, 24h, true};
inline constexpr CountRange max_keys{1, 1'000'000};
inline constexpr CountRange cpu{0, 1023};
inline constexpr SizeRange process_max_bytes{32 * MiB, 1024 * GiB};

inline constexpr SizeRange file_max_bytes{0, FileLimits::max_bytes};
inline constexpr CountRange backup_count{0, FileLimits::backup_count};
inline constexpr DurationRange rotate_every{1s, FileLimits::rotate_every, true};
inline constexpr CountRange file_mode{0, FileLimits::mode};
inline constexpr DurationRange fsync_interval{0s, FileLimits::fsync_interval};
inline constexpr DurationRange webhook_timeout{WebhookLimits::timeout_min,
                                               WebhookLimits::timeout_max};
inline constexpr CountRange webhook_retry_code{WebhookLimits::retry_code_min,
                                               WebhookLimits::retry_code_max};

}  // namespace limits

// What is wrong with so many.
inline std::string too_many_sinks(std::size_t count) {
  return fmt::format("{} sinks are more than the {} that one pipeline can have", count,
                     limits::sinks_max);
}
inline std::string too_many_processors(std::size_t count) {
  return fmt::format("{} processors are more than the {} that one sink can have", count,
                     limits::processors_max);
}

}  // namespace penstock::config
