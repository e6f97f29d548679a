// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "pipeline/rate_limit.hpp"
#include "support/run.hpp"

namespace penstock::pipeline {
namespace {

using namespace std::chrono_literals;

__extension__ using Wide = __int128;

constexpr TokenBucket::Time start{1000h};

// In nano-units, wide enough that nothing can overflow, and without a clever step.
struct SlowBucket {
  Wide per_second;
  Wide capacity;
  Wide level;
  std::int64_t last_ns = 0;

  void advance(std::int64_t ns) {
    if (ns <= last_ns) return;
    level = std::min(capacity, level + Wide{ns - last_ns} * per_second);
    last_ns = ns;
  }
};

TEST(TokenBucketModel, DoesWhatTheSlowOneDoes) {
  auto random = test::random_stream();
  for (std::uint64_t round = 0; round < test::repeats(300); ++round) {
    const std::uint64_t per_second = 1 + random() % (std::uint64_t{1} << (random() % 34));
    const std::uint64_t burst = random() % (std::uint64_t{1} << (random() % 34));
    const std::uint64_t capacity = burst != 0 ? burst : per_second;
    TokenBucket bucket(per_second, burst);
    SlowBucket slow{per_second, Wide{capacity} * 1'000'000'000, Wide{capacity} * 1'000'000'000};
    std::int64_t ns = 0;
    bucket.advance(start);
    for (int step = 0; step < 1'000; ++step) {
      ns += static_cast<std::int64_t>(random() % (std::uint64_t{1} << (random() % 40)));
      if (random() % 10 == 0) ns -= static_cast<std::int64_t>(random() % 1'000'000);  // goes back
      bucket.advance(start + std::chrono::nanoseconds(ns));
      slow.advance(ns);
      ASSERT_EQ(bucket.has(), slow.level >= 1'000'000'000) << "step " << step;
      if (!bucket.has()) continue;
      const std::uint64_t units = random() % (std::uint64_t{1} << (random() % 20));
      bucket.take(units);
      slow.level -= Wide{units} * 1'000'000'000;
    }
  }
}

TEST(TokenBucketModel, LetsTheBurstThroughAndThenTheRateToTheEvent) {
  for (const std::uint64_t rate : {1u, 3u, 7u, 1'000u, 999'983u}) {
    TokenBucket bucket(rate, 10);
    std::uint64_t taken = 0;
    const auto take_all = [&] {
      for (; bucket.has(); ++taken) bucket.take(1);
    };
    bucket.advance(start);
    take_all();
    EXPECT_EQ(taken, 10u);
    // In odd steps, each of less than an event: the parts add up.
    const auto step = std::chrono::nanoseconds(997'000'000 / static_cast<std::int64_t>(rate));
    auto now = start;
    while (now < start + 60s) {
      now += step;
      bucket.advance(now);
      take_all();
    }
    const auto ns = static_cast<std::uint64_t>((now - start).count());
    EXPECT_EQ(taken, 10 + static_cast<std::uint64_t>(Wide{ns} * rate / 1'000'000'000)) << rate;
  }
}

TEST(TokenBucketModel, ADebtIsPaidBeforeAnythingElsePasses) {
  TokenBucket bucket(100, 100);
  bucket.advance(start);
  bucket.take(1'100);
  bucket.advance(start + 10s);
  EXPECT_FALSE(bucket.has());
  bucket.advance(start + 10s + 10ms);
  EXPECT_TRUE(bucket.has());
}

TEST(TokenBucketModel, TakesAnyNumbersAndTimesWithoutOverflow) {
  TokenBucket bucket(~std::uint64_t{0}, ~std::uint64_t{0});
  bucket.advance(TokenBucket::Time::min());
  for (int i = 0; i < 100; ++i) bucket.take(~std::uint64_t{0});
  EXPECT_FALSE(bucket.has());
  bucket.advance(TokenBucket::Time::max());
  EXPECT_TRUE(bucket.has());
  bucket.advance(TokenBucket::Time::min());
  EXPECT_TRUE(bucket.has());
}

TEST(TokenBucketModel, ATimeThatGoesBackAddsNothing) {
  TokenBucket bucket(10, 1);
  bucket.advance(start);
  bucket.take(1);
  bucket.advance(start - 1h);
  EXPECT_FALSE(bucket.has());
  bucket.advance(start + 99ms);
  EXPECT_FALSE(bucket.has());
  bucket.advance(start + 100ms);
  EXPECT_TRUE(bucket.has());
}

TEST(TokenBucketModel, WithoutARateEverythingPasses) {
  TokenBucket bucket(0, 0);
  for (int i = 0; i < 1'000; ++i) {
    EXPECT_TRUE(bucket.has());
    bucket.take(1'000'000);
  }
}

}  // namespace
}  // namespace penstock::pipeline
