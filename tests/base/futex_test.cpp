// SPDX-License-Identifier: Apache-2.0
#include "base/futex.hpp"

#include <atomic>

#include <gtest/gtest.h>

#include "base/membarrier.hpp"
#include "support/wait.hpp"

namespace penstock::base {
namespace {

using namespace std::chrono_literals;
using test::Clock;

TEST(Futex, DoesNotSleepWhenTheWordHasChanged) {
  const std::atomic<std::uint32_t> word{1};
  futex_wait(word, 0);
}

TEST(Futex, SleepsUntilTheDeadline) {
  const std::atomic<std::uint32_t> word{0};
  const auto deadline = Clock::now() + 20ms;
  while (Clock::now() < deadline) futex_wait(word, 0, deadline);  // it may return for no reason
  EXPECT_GE(Clock::now(), deadline);
}

TEST(Futex, ADeadlineInThePastReturnsAtOnce) {
  const std::atomic<std::uint32_t> word{0};
  futex_wait(word, 0, Clock::now() - 1s);
}

TEST(Futex, WakesAllWhoSleep) {
  std::atomic<std::uint32_t> word{0};
  test::Threads threads;
  threads.start(3, [&](std::size_t) {
    while (word.load() == 0) futex_wait(word, 0);
  });
  word.store(1);
  futex_wake_all(word);
}

TEST(Futex, AVeryLongTimeoutIsNoDeadline) {
  EXPECT_EQ(deadline_after(std::chrono::nanoseconds::max()), no_deadline);
  EXPECT_EQ(deadline_after(24h * 1000), no_deadline);
}

TEST(Futex, ATimeoutOfNothingOrLessIsNow) {
  for (const auto timeout : {std::chrono::nanoseconds(0), std::chrono::nanoseconds(-5s),
                             std::chrono::nanoseconds::min()}) {
    const Deadline deadline = deadline_after(timeout);
    EXPECT_LE(deadline, Clock::now());
  }
}

TEST(Futex, ATimeoutIsCountedFromNow) {
  const auto before = Clock::now();
  const Deadline deadline = deadline_after(1h);
  EXPECT_GE(deadline, before + 1h);
  EXPECT_LE(deadline, Clock::now() + 1h);
}

TEST(Membarrier, IsTheSameAtEachCall) {
  const bool available = membarrier_available();
  EXPECT_EQ(membarrier_available(), available);
  if (available) membarrier();
}

}  // namespace
}  // namespace penstock::base
