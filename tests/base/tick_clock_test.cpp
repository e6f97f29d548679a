// SPDX-License-Identifier: Apache-2.0
#include "base/tick_clock.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <deque>
#include <random>

#include <gtest/gtest.h>

#include "penstock/detail/record.hpp"
#include "support/wait.hpp"

namespace penstock::base {
namespace {

using namespace std::chrono_literals;
using test::Clock;

// A machine whose counter ticks `ns_per_tick` nanoseconds apart, and whose clocks can be set.
struct Machine {
  double ns_per_tick = 0.4;
  std::uint64_t ticks = 1'000'000'000'000;
  std::int64_t wall_ns = 1'700'000'000'000'000'000;
  std::int64_t monotonic_ns = 5'000'000'000;

  void pass(std::int64_t ns) {
    ticks += static_cast<std::uint64_t>(static_cast<double>(ns) / ns_per_tick);
    wall_ns += ns;
    monotonic_ns += ns;
  }
  ClockReading read() const { return {ticks, wall_ns, monotonic_ns, 100}; }
};

constexpr std::int64_t us = 1'000;
constexpr std::int64_t ms = 1'000'000;
constexpr std::int64_t s = 1'000'000'000;

// Converts as the worker does, but by the machine's clocks and with an error in the rate.
struct Converter {
  TickConverter converter;
  std::uint64_t end = 0;

  std::int64_t to_ns(std::uint64_t ticks, const Machine& machine, double rate_error = 0) {
    if (ticks >= end) {
      const double rate = machine.ns_per_tick * (1 + rate_error);
      converter.extend(ticks, machine.read(), rate);
      end = std::max({ticks, machine.ticks, end}) + static_cast<std::uint64_t>(1e6 / rate);
    }
    return converter.to_ns(ticks);
  }
};

TEST(TickConverter, FollowsTheWallClock) {
  begin_tick_calibration();
  TickConverter clock;
  const auto end = Clock::now() + 100ms;
  std::int64_t worst = 0;
  while (Clock::now() < end) {
    const std::int64_t before = wall_clock_ns();
    const std::int64_t converted = clock.to_ns(detail::ticks());
    const std::int64_t after = wall_clock_ns();
    if (after - before > 100'000) continue;  // the thread was interrupted
    worst = std::max({worst, before - converted, converted - after});
  }
  EXPECT_LT(worst, 5'000'000);
}

TEST(TickConverter, KnowsTheMonotonicClockWhoeverSetsTheOther) {
  Machine machine;
  Converter clock;
  for (int i = 0; i < 1'000; ++i) {
    machine.pass(100 * us);
    if (i % 100 == 50) machine.wall_ns -= 3600 * s;
    clock.to_ns(machine.ticks, machine);
    EXPECT_NEAR(static_cast<double>(clock.converter.to_monotonic_ns(machine.ticks)),
                static_cast<double>(machine.monotonic_ns), 1'000.0);
  }
}

TEST(TickConverter, IsMonotone) {
  begin_tick_calibration();
  TickConverter clock;
  const auto end = Clock::now() + 100ms;
  std::int64_t last = 0;
  while (Clock::now() < end) {
    const std::int64_t now = clock.to_ns(detail::ticks());
    ASSERT_GE(now, last);
    last = now;
  }
}

// Readers are late by anything, rates are wrong by up to one percent at first: no time goes back,
// and a second later all are right.
TEST(TickConverter, IsMonotoneForLateReadersAndWrongRates) {
  std::mt19937_64 random(7);
  for (int round = 0; round < 300; ++round) {
    Machine machine;
    Converter converter;
    std::deque<std::uint64_t> waiting;
    double error = (static_cast<double>(random() % 2001) - 1000) / 100'000;
    std::int64_t last = 0;
    for (int i = 0; i < 2'000; ++i) {
      machine.pass(static_cast<std::int64_t>(random() % (random() % 50 == 0 ? 20 * ms : 300 * us)));
      waiting.push_back(machine.ticks);
      if (random() % 8 != 0) continue;
      for (std::size_t n = random() % (2 * waiting.size() + 1); n > 0 && !waiting.empty(); --n) {
        const std::int64_t now = converter.to_ns(waiting.front(), machine, error);
        ASSERT_GE(now, last) << "round " << round << ", event " << i;
        last = now;
        waiting.pop_front();
      }
      error *= 0.9;
    }
    machine.pass(1 * s);
    (void)converter.to_ns(machine.ticks, machine);
    machine.pass(20 * ms);
    const std::int64_t late = machine.wall_ns - converter.to_ns(machine.ticks, machine);
    EXPECT_LT(std::abs(late), 10 * us) << "round " << round;
  }
}

TEST(TickConverter, FollowsAClockThatIsSet) {
  for (const std::int64_t step : {-3600 * s, -5 * ms, 5 * ms, 3600 * s}) {
    Machine machine;
    Converter converter;
    EXPECT_EQ(converter.to_ns(machine.ticks, machine), machine.wall_ns);
    const std::uint64_t before = machine.ticks;
    machine.pass(10 * ms);
    machine.wall_ns += step;
    EXPECT_EQ(converter.to_ns(machine.ticks, machine), machine.wall_ns) << step;
    EXPECT_EQ(converter.to_ns(before, machine), machine.wall_ns - step - 10 * ms)
        << "events from before keep their time";
  }
}

TEST(TickConverter, FollowsACounterThatJumps) {
  for (const std::int64_t jump : {-3600 * s, 3600 * s}) {
    Machine machine;
    machine.ticks += 1ULL << 50;
    Converter converter;
    (void)converter.to_ns(machine.ticks, machine);
    machine.pass(10 * ms);
    machine.ticks += static_cast<std::uint64_t>(jump);
    for (int i = 0; i < 10'000 && machine.ticks < converter.end; ++i) machine.pass(1 * s);
    EXPECT_NEAR(static_cast<double>(converter.to_ns(machine.ticks, machine) - machine.wall_ns), 0,
                100 * us)
        << jump;
  }
}

TEST(TickConverter, AnInterruptedReadingIsNotAClockThatWasSet) {
  Machine machine;
  Converter converter;
  std::int64_t last = converter.to_ns(machine.ticks, machine);
  machine.pass(10 * ms);
  ClockReading reading = machine.read();
  reading.wall_ns -= 5 * ms;
  reading.slack_ns = 8 * ms;
  converter.converter.extend(machine.ticks, reading, machine.ns_per_tick);
  EXPECT_GE(converter.converter.to_ns(machine.ticks), last);
}

TEST(TickConverter, ConvertsTheDistantPastWithoutOverflow) {
  TickConverter clock;
  EXPECT_LT(clock.to_ns(0), clock.to_ns(detail::ticks()));
}

TEST(WallClock, IsInThisCentury) {
  EXPECT_GT(wall_clock_ns(), 1'600'000'000'000'000'000);
  EXPECT_LT(wall_clock_ns(), 4'102'444'800'000'000'000);
}

}  // namespace
}  // namespace penstock::base
