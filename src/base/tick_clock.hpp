// SPDX-License-Identifier: Apache-2.0
// tick_clock.hpp: turns the time stamps of events (ticks of the time-stamp counter) into wall-clock
// time.
#pragma once

#include <cstdint>

namespace penstock::base {

// CLOCK_REALTIME, nanoseconds since 1970-01-01 UTC. [any]
std::int64_t wall_clock_ns() noexcept;

// Remembers when the process's first pipeline began: the far end of the line by which the
// counter's rate is measured. Idempotent. [any]
void begin_tick_calibration() noexcept;

// Follows the wall clock, steps included. Within one converter the mapping is monotone as long as
// the wall clock does not step by more than a millisecond: smaller deviations are worked off over a
// tenth of a second.
class TickConverter {
 public:
  // Takes a fresh pair of readings when the last is older than a millisecond. Sleeps up to 0.2 ms,
  // once per process, while the calibration's line is too short. [worker]
  void sync() noexcept;

  // Ticks to nanoseconds since 1970-01-01 UTC; after sync(). [worker]
  std::int64_t to_ns(std::uint64_t ticks) const noexcept {
    return anchor_ns_ + static_cast<std::int64_t>(
                            static_cast<double>(static_cast<std::int64_t>(ticks - anchor_ticks_)) *
                            ns_per_tick_);
  }

 private:
  std::uint64_t anchor_ticks_ = 0;
  std::int64_t anchor_ns_ = 0;
  double ns_per_tick_ = 0;  // 0: never synchronised
};

}  // namespace penstock::base
