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

// The counter and two clocks at one moment.
struct ClockReading {
  std::uint64_t ticks;
  std::int64_t wall_ns;       // CLOCK_REALTIME
  std::int64_t monotonic_ns;  // CLOCK_MONOTONIC
  std::int64_t slack_ns;      // within this long they were read
};

// Follows the wall clock. What it says is monotone in the ticks for as long as nobody sets the wall
// clock back: an error in the counter's rate is worked off by a line that is less or more steep,
// never by a step. Each line begins where the one before it ended, and one is remembered, so events
// that come late are where they would have been in time.
class TickConverter {
 public:
  // Nanoseconds since 1970-01-01 UTC. Reads the clocks about once for each millisecond of events
  // that it has not seen yet. Sleeps up to 0.2 ms, once per process, while the calibration's line
  // is too short. [worker]
  std::int64_t to_ns(std::uint64_t ticks) noexcept {
    if (ticks >= end_) [[unlikely]]
      read_clocks(ticks);
    return (ticks >= begin_ ? line_ : before_).at(ticks);
  }

  // The same moment by CLOCK_MONOTONIC, which nobody sets; to within a reading's slack. [worker]
  std::int64_t to_monotonic_ns(std::uint64_t ticks) noexcept {
    if (ticks >= end_) [[unlikely]]
      read_clocks(ticks);
    return monotonic_.at(ticks);
  }

  // Lets the mapping reach beyond `ticks`, by a reading that was made after them. For tests;
  // to_ns() calls it. [worker]
  void extend(std::uint64_t ticks, const ClockReading& now, double ns_per_tick) noexcept;

 private:
  struct Line {
    std::uint64_t ticks = 0;
    std::int64_t ns = 0;
    double ns_per_tick = 0;

    std::int64_t at(std::uint64_t other) const noexcept {
      const auto distance = static_cast<double>(static_cast<std::int64_t>(other - ticks));
      return ns + static_cast<std::int64_t>(distance * ns_per_tick);
    }
  };

  void read_clocks(std::uint64_t ticks) noexcept;

  Line line_{};    // from begin_ to end_
  Line before_{};  // before begin_
  Line monotonic_{};
  std::uint64_t begin_ = 0;
  std::uint64_t end_ = 0;       // 0: the clocks have not been read
  std::int64_t offset_ns_ = 0;  // of the wall clock from the monotonic one, when last read
};

}  // namespace penstock::base
