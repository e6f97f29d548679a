// SPDX-License-Identifier: Apache-2.0
// options.hpp: options that bring out what large ones hide.
#pragma once

#include <string>
#include <utility>

#include "penstock/options.hpp"

namespace penstock::test {

// The smallest queue there is: 64 KiB. The bound on memory that follows from it.
inline constexpr std::uint64_t smallest_queue = 64 * KiB;

// `sink` with the smallest queue, no reserve, and delivery at once.
inline SinkOptions tiny(SinkOptions sink, WhenFull when_full = WhenFull::block) {
  sink.queue = {.max_bytes = smallest_queue, .reserve_percent = 0};
  sink.when_full = when_full;
  sink.block_timeout = forever;
  sink.batch.linger = std::chrono::nanoseconds{0};
  return sink;
}

inline SinkOptions with_level(SinkOptions sink, Level level) {
  sink.level = level;
  return sink;
}

}  // namespace penstock::test
