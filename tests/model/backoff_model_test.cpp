// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "pipeline/backoff.hpp"
#include "support/run.hpp"

namespace penstock::pipeline {
namespace {

using namespace std::chrono_literals;

constexpr std::chrono::nanoseconds shortest = 100ms;
constexpr std::chrono::nanoseconds longest = 30s;

Backoff backoff_of(std::uint64_t seed) { return {seed, shortest, longest}; }

TEST(BackoffModel, EachDelayIsBelowACeilingThatDoublesUpToTheLongest) {
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    Backoff backoff = backoff_of(test::run_seed() + seed);
    std::chrono::nanoseconds ceiling = shortest;
    for (int i = 0; i < 40; ++i) {
      const auto delay = backoff.next(0ns);
      ASSERT_GT(delay, 0ns);
      ASSERT_LE(delay, ceiling);
      ceiling = std::min(ceiling * 2, longest);
    }
    EXPECT_EQ(ceiling, longest);
  }
}

// By the time that passes between tries, not by a clock: what a server that is away for minutes
// sees.
TEST(BackoffModel, AnOutageOfMinutesIsAskedAboutAFewDozenTimes) {
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    Backoff backoff = backoff_of(test::run_seed() + seed);
    std::chrono::nanoseconds passed{0};
    int tries = 0;
    for (; passed < 5min; ++tries) {
      const auto delay = backoff.next(0ns);
      ASSERT_LE(delay, longest) << "the server is back: this is when it is seen";
      passed += delay;
    }
    EXPECT_GE(tries, 5min / longest);
    EXPECT_LE(tries, 100);
  }
}

TEST(BackoffModel, ASuccessBeginsAnew) {
  Backoff backoff = backoff_of(test::run_seed());
  for (int i = 0; i < 20; ++i) (void)backoff.next(0ns);
  backoff.reset();
  EXPECT_LE(backoff.next(0ns), shortest);
}

TEST(BackoffModel, ASinksOwnWordHolds) {
  Backoff backoff = backoff_of(test::run_seed());
  EXPECT_EQ(backoff.next(1ns), 1ns);
  EXPECT_EQ(backoff.next(1h), 1h);
}

TEST(BackoffModel, ALongestBelowTheShortestIsTheShortest) {
  Backoff backoff(test::run_seed(), 50ms, 10ms);
  for (int i = 0; i < 100; ++i) EXPECT_LE(backoff.next(0ns), 50ms);
}

// Many sinks that fail at the same moment do not all come back at the same moment.
TEST(BackoffModel, DelaysOfSeveralSinksDiffer) {
  Backoff one = backoff_of(1);
  Backoff two = backoff_of(2);
  bool differ = false;
  for (int i = 0; i < 10; ++i) differ = differ || one.next(0ns) != two.next(0ns);
  EXPECT_TRUE(differ);
}

TEST(BackoffModel, UsesTheWholeRange) {
  Backoff backoff = backoff_of(test::run_seed());
  for (int i = 0; i < 30; ++i) (void)backoff.next(0ns);
  std::chrono::nanoseconds least = longest;
  std::chrono::nanoseconds most{0};
  for (int i = 0; i < 500; ++i) {
    const auto delay = backoff.next(0ns);
    least = std::min(least, delay);
    most = std::max(most, delay);
  }
  EXPECT_LT(least, longest / 10);
  EXPECT_GT(most, longest / 10 * 9);
}

}  // namespace
}  // namespace penstock::pipeline
