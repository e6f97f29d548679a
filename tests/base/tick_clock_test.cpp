// SPDX-License-Identifier: Apache-2.0
#include "base/tick_clock.hpp"

#include <algorithm>
#include <cmath>

#include <gtest/gtest.h>

#include "penstock/detail/record.hpp"
#include "support/wait.hpp"

namespace penstock::base {
namespace {

using namespace std::chrono_literals;
using test::Clock;

TEST(TickConverter, FollowsTheWallClock) {
  begin_tick_calibration();
  TickConverter clock;
  const auto end = Clock::now() + 100ms;
  std::int64_t worst = 0;
  while (Clock::now() < end) {
    clock.sync();
    const std::int64_t before = wall_clock_ns();
    const std::int64_t converted = clock.to_ns(detail::ticks());
    const std::int64_t after = wall_clock_ns();
    if (after - before > 100'000) continue;  // the thread was interrupted
    worst = std::max({worst, before - converted, converted - after});
  }
  EXPECT_LT(worst, 5'000'000);
}

TEST(TickConverter, IsMonotoneAcrossSyncs) {
  begin_tick_calibration();
  TickConverter clock;
  const auto end = Clock::now() + 100ms;
  std::int64_t last = 0;
  while (Clock::now() < end) {
    clock.sync();
    for (int i = 0; i < 100; ++i) {
      const std::int64_t now = clock.to_ns(detail::ticks());
      ASSERT_GE(now, last);
      last = now;
    }
  }
}

// Events are converted after the sync that follows them: their ticks may lie before its reading.
TEST(TickConverter, IsMonotoneForEventsFromBeforeASync) {
  begin_tick_calibration();
  TickConverter clock;
  clock.sync();
  const auto end = Clock::now() + 100ms;
  std::int64_t last = 0;
  while (Clock::now() < end) {
    const std::uint64_t first = detail::ticks();
    const std::uint64_t second = detail::ticks();
    const std::int64_t early = clock.to_ns(first);
    ASSERT_GE(early, last);
    clock.sync();
    const std::int64_t late = clock.to_ns(second);
    // The rate may have changed by a little, at an age of a millisecond at most.
    ASSERT_GE(late, early - 200);
    last = std::min(early, late) - 200;
  }
}

TEST(TickConverter, ConvertsTheDistantPastWithoutOverflow) {
  TickConverter clock;
  clock.sync();
  EXPECT_LT(clock.to_ns(0), clock.to_ns(detail::ticks()));
}

TEST(WallClock, IsInThisCentury) {
  EXPECT_GT(wall_clock_ns(), 1'600'000'000'000'000'000);
  EXPECT_LT(wall_clock_ns(), 4'102'444'800'000'000'000);
}

}  // namespace
}  // namespace penstock::base
