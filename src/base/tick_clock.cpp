// SPDX-License-Identifier: Apache-2.0
#include "base/tick_clock.hpp"

#include <algorithm>
#include <cstdlib>
#include <time.h>

#include "penstock/detail/record.hpp"

namespace penstock::base {
namespace {

constexpr std::int64_t shortest_calibration_ns = 200'000;
constexpr double ns_between_readings = 1e6;
constexpr double work_off_ns = 10e6;        // a small deviation is gone after this long
constexpr std::int64_t set_ns = 1'000'000;  // by more than this, a clock is said to have been set
constexpr double lost_ns = 1e9;             // by more than this, the counter has jumped

std::int64_t read_clock(clockid_t clock) noexcept {
  timespec now;
  clock_gettime(clock, &now);
  return static_cast<std::int64_t>(now.tv_sec) * 1'000'000'000 + now.tv_nsec;
}

// The closest of three tries: the thread may be interrupted in between.
ClockReading read_all() noexcept {
  ClockReading best{};
  for (int i = 0; i < 3; ++i) {
    const std::int64_t begin = read_clock(CLOCK_MONOTONIC);
    const std::uint64_t ticks = detail::ticks();
    const std::int64_t wall = read_clock(CLOCK_REALTIME);
    const std::int64_t end = read_clock(CLOCK_MONOTONIC);
    if (i == 0 || end - begin < best.slack_ns) {
      best = {ticks, wall, begin + (end - begin) / 2, end - begin};
    }
  }
  return best;
}

const ClockReading& calibration_start() noexcept {
  static const ClockReading start = read_all();
  return start;
}

double ns_per_tick(const ClockReading& now) noexcept {
  const ClockReading& start = calibration_start();
  return static_cast<double>(now.monotonic_ns - start.monotonic_ns) /
         static_cast<double>(now.ticks - start.ticks);
}

}  // namespace

std::int64_t wall_clock_ns() noexcept { return read_clock(CLOCK_REALTIME); }

void begin_tick_calibration() noexcept { (void)calibration_start(); }

void TickConverter::read_clocks(std::uint64_t ticks) noexcept {
  const ClockReading& start = calibration_start();
  ClockReading now = read_all();
  while (now.monotonic_ns - start.monotonic_ns < shortest_calibration_ns) {
    const std::int64_t missing = start.monotonic_ns + shortest_calibration_ns - now.monotonic_ns;
    const timespec rest{.tv_sec = 0, .tv_nsec = missing};
    nanosleep(&rest, nullptr);
    now = read_all();
  }
  extend(ticks, now, ns_per_tick(now));
}

void TickConverter::extend(std::uint64_t ticks, const ClockReading& now,
                           double ns_per_tick) noexcept {
  const bool first = end_ == 0;
  const Line old = line_;
  const std::int64_t begin_ns = old.at(end_);
  const std::uint64_t reach = std::max({ticks, now.ticks, end_});

  const double span_ns =
      now.ticks > end_ ? static_cast<double>(now.ticks - end_) * ns_per_tick : 0.0;
  const double deviation_ns = static_cast<double>(now.wall_ns - begin_ns) - span_ns;
  const std::int64_t offset_ns = now.wall_ns - now.monotonic_ns;
  const bool was_set = std::llabs(offset_ns - offset_ns_) > set_ns + now.slack_ns;
  const bool jumped = std::abs(deviation_ns) > span_ns / 2 + lost_ns;
  offset_ns_ = offset_ns;

  monotonic_ = {now.ticks, now.monotonic_ns, ns_per_tick};
  before_ = old;
  begin_ = end_;
  if (first || was_set || jumped) {
    line_ = {now.ticks, now.wall_ns, ns_per_tick};
  } else {
    const double steeper = 1.0 + deviation_ns / std::max(span_ns, work_off_ns);
    line_ = {end_, begin_ns, ns_per_tick * std::clamp(steeper, 0.5, 2.0)};
  }
  end_ = reach + static_cast<std::uint64_t>(ns_between_readings / ns_per_tick);
}

}  // namespace penstock::base
