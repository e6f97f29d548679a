// SPDX-License-Identifier: Apache-2.0
#include "base/tick_clock.hpp"

#include <cmath>
#include <time.h>

#include "penstock/detail/record.hpp"

namespace penstock::base {
namespace {

std::int64_t read_clock(clockid_t clock) noexcept {
  timespec now;
  clock_gettime(clock, &now);
  return static_cast<std::int64_t>(now.tv_sec) * 1'000'000'000 + now.tv_nsec;
}

struct Reading {
  std::uint64_t ticks;
  std::int64_t ns;
};

// The clock and the counter at the same moment: the closest of three tries.
Reading read_both(clockid_t clock) noexcept {
  Reading best{};
  std::uint64_t best_gap = ~std::uint64_t{0};
  for (int i = 0; i < 3; ++i) {
    const std::uint64_t before = detail::ticks();
    const std::int64_t ns = read_clock(clock);
    const std::uint64_t gap = detail::ticks() - before;
    if (gap < best_gap) {
      best_gap = gap;
      best = {before + gap / 2, ns};
    }
  }
  return best;
}

const Reading& calibration_start() noexcept {
  static const Reading start = read_both(CLOCK_MONOTONIC);
  return start;
}

constexpr std::int64_t shortest_line_ns = 200'000;
constexpr std::int64_t step_ns = 1'000'000;  // a larger deviation is a step of the clock
constexpr double work_off_ns = 100'000'000;  // smaller ones are gone after this long

double measured_ns_per_tick() noexcept {
  const Reading& start = calibration_start();
  Reading now = read_both(CLOCK_MONOTONIC);
  while (now.ns - start.ns < shortest_line_ns) {
    const timespec rest{.tv_sec = 0, .tv_nsec = shortest_line_ns - (now.ns - start.ns)};
    nanosleep(&rest, nullptr);
    now = read_both(CLOCK_MONOTONIC);
  }
  return static_cast<double>(now.ns - start.ns) / static_cast<double>(now.ticks - start.ticks);
}

}  // namespace

std::int64_t wall_clock_ns() noexcept { return read_clock(CLOCK_REALTIME); }

void begin_tick_calibration() noexcept { (void)calibration_start(); }

void TickConverter::sync() noexcept {
  if (ns_per_tick_ != 0 &&
      static_cast<double>(detail::ticks() - anchor_ticks_) * ns_per_tick_ < 1e6) {
    return;
  }
  const double rate = measured_ns_per_tick();
  const Reading now = read_both(CLOCK_REALTIME);
  const bool first = ns_per_tick_ == 0;
  const std::int64_t predicted = first ? now.ns : to_ns(now.ticks);
  const std::int64_t deviation = now.ns - predicted;
  anchor_ticks_ = now.ticks;
  if (std::llabs(deviation) > step_ns) {
    anchor_ns_ = now.ns;
    ns_per_tick_ = rate;
  } else {
    anchor_ns_ = predicted;
    ns_per_tick_ = rate * (1.0 + static_cast<double>(deviation) / work_off_ns);
  }
}

}  // namespace penstock::base
