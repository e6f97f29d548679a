// SPDX-License-Identifier: Apache-2.0
// rotation_clock.hpp: says when a new file is due because of the time. Knows no clock: the time is
// passed in, nanoseconds since 1970-01-01 UTC.
#pragma once

#include <chrono>
#include <cstdint>

namespace penstock::sinks {

class RotationClock {
 public:
  // Boundaries are multiples of `period`; 0: there are none.
  explicit RotationClock(std::chrono::seconds period) noexcept
      : period_s_(period.count() > 0 ? period.count() : 0) {}

  // Sets the present period; true when a file that was last written at `written_ns` is from an
  // earlier one.
  bool restart(std::int64_t now_ns, std::int64_t written_ns) noexcept {
    current_ = period_of(now_ns);
    return period_of(written_ns) < current_;
  }

  // True once per boundary that was passed. A clock that was set back is followed, silently.
  bool passed_boundary(std::int64_t now_ns) noexcept {
    if (period_s_ == 0) return false;
    const std::int64_t before = current_;
    current_ = period_of(now_ns);
    return current_ > before;
  }

 private:
  std::int64_t period_of(std::int64_t time_ns) const noexcept {
    constexpr std::int64_t second_ns = 1'000'000'000;
    // In seconds: a period of centuries does not fit into nanoseconds. Both are rounded down, and
    // times before 1970 count as 1970.
    return period_s_ == 0 || time_ns < 0 ? 0 : time_ns / second_ns / period_s_;
  }

  std::int64_t period_s_;
  std::int64_t current_ = 0;
};

}  // namespace penstock::sinks
