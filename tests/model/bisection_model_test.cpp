// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <bit>
#include <cstdint>
#include <random>
#include <set>
#include <vector>

#include <gtest/gtest.h>

#include "base/bisection.hpp"
#include "support/run.hpp"

namespace penstock::base {
namespace {

// A destination that takes a range only when no event of it is bad.
struct Destination {
  std::set<std::size_t> bad{};
  std::vector<std::size_t> taken{};
  std::vector<std::size_t> refused{};
  std::size_t sends = 0;
  std::size_t most = SIZE_MAX;  // in a send

  bool holds_bad(Bisection::Range range) const {
    const auto first = bad.lower_bound(range.begin);
    return first != bad.end() && *first < range.end;
  }

  // Offers a batch of `count` until all of it is settled. With `partly`, ranges are taken in parts.
  void deliver(std::size_t count, std::mt19937_64* partly = nullptr) {
    Bisection plan(count);
    while (!plan.done()) {
      Bisection::Range range = plan.next();
      ASSERT_LT(range.begin, range.end);
      range.end = range.begin + std::min(range.size(), most);
      ASSERT_LE(range.end, count);
      ++sends;
      ASSERT_LE(sends, 20 * count + 64);
      std::optional<std::size_t> alone;
      if (holds_bad(range)) {
        alone = plan.rejected(range.size());
      } else {
        std::size_t events = range.size();
        if (partly != nullptr) events = (*partly)() % (events + 1);
        for (std::size_t i = 0; i < events; ++i) taken.push_back(range.begin + i);
        alone = plan.delivered(events);
      }
      if (alone) refused.push_back(*alone);
    }
  }
};

std::vector<std::size_t> numbers_without(const std::set<std::size_t>& bad, std::size_t count) {
  std::vector<std::size_t> numbers;
  for (std::size_t i = 0; i < count; ++i) {
    if (!bad.contains(i)) numbers.push_back(i);
  }
  return numbers;
}

std::size_t ceil_log2(std::size_t n) { return static_cast<std::size_t>(std::bit_width(n - 1)); }

TEST(BisectionModel, AGoodBatchIsOfferedOnce) {
  for (const std::size_t count : {1u, 2u, 1'000u}) {
    Destination destination;
    destination.deliver(count);
    EXPECT_EQ(destination.sends, 1u);
    EXPECT_EQ(destination.taken, numbers_without({}, count));
  }
}

TEST(BisectionModel, OneBadEventCostsAtMostItsLogarithmAndOneMore) {
  for (std::size_t count = 1; count <= 300; ++count) {
    for (std::size_t bad = 0; bad < count; ++bad) {
      Destination destination{.bad = {bad}};
      destination.deliver(count);
      ASSERT_LE(destination.sends, 1 + ceil_log2(count) + 1) << bad << " of " << count;
      ASSERT_EQ(destination.taken, numbers_without({bad}, count)) << "in order, and all others";
      ASSERT_EQ(destination.refused, std::vector<std::size_t>{bad});
    }
  }
}

TEST(BisectionModel, FindsAllBadEventsAndDeliversAllOthersInOrder) {
  std::mt19937_64 random(test::run_seed());
  for (int round = 0; round < 3'000; ++round) {
    const std::size_t count = 1 + random() % 200;
    Destination destination;
    const std::size_t share = 1 + random() % 20;
    for (std::size_t i = 0; i < count; ++i) {
      if (random() % share == 0) destination.bad.insert(i);
    }
    destination.deliver(count);
    ASSERT_EQ(destination.taken, numbers_without(destination.bad, count));
    ASSERT_EQ(std::set(destination.refused.begin(), destination.refused.end()), destination.bad);
    ASSERT_EQ(destination.refused.size(), destination.bad.size());
  }
}

// A part of what was offered may be delivered before the sink has to be asked again.
TEST(BisectionModel, IsRightAlsoWhenRangesAreTakenInParts) {
  std::mt19937_64 random(test::run_seed());
  for (int round = 0; round < 1'000; ++round) {
    Destination destination;
    for (int i = 0; i < 3; ++i) destination.bad.insert(random() % 100);
    const std::size_t count = 100;
    destination.deliver(count, &random);
    ASSERT_EQ(destination.taken, numbers_without(destination.bad, count));
    ASSERT_EQ(destination.refused.size(), destination.bad.size());
  }
}

// Who sends no more than a few events at a time says so of those alone.
TEST(BisectionModel, IsAsQuickWhenOnlyTheBeginOfAnOfferIsSent) {
  constexpr std::size_t count = 200;
  for (std::size_t most = 1; most <= count; most += 7) {
    for (std::size_t bad = 0; bad < count; ++bad) {
      Destination destination{.bad = {bad}};
      destination.most = most;
      destination.deliver(count);
      const std::size_t parts = (count + most - 1) / most;
      ASSERT_LE(destination.sends, parts + ceil_log2(most) + 2) << bad << " by " << most;
      ASSERT_EQ(destination.taken, numbers_without({bad}, count));
      ASSERT_EQ(destination.refused, std::vector<std::size_t>{bad});
    }
  }
}

// A sink may find out which events are bad when fewer are offered. Then the one that was looked for
// is among those, and the others are not suspects any more.
TEST(BisectionModel, ANameClearsTheOthers) {
  Bisection plan(8);
  EXPECT_FALSE(plan.rejected());
  EXPECT_EQ(plan.next().end, 4u);
  plan.named(plan.next().size());  // one of 0 .. 3 was bad, and is settled with them
  EXPECT_EQ(plan.next().begin, 4u);
  EXPECT_EQ(plan.next().end, 8u) << "in one piece, as nothing is known against them";
  EXPECT_FALSE(plan.delivered(4));
  EXPECT_TRUE(plan.done());
}

TEST(BisectionModel, AnOfferStaysTheSameUntilItIsSettled) {
  Bisection plan(16);
  (void)plan.rejected();
  EXPECT_EQ(plan.next().end, 8u);
  EXPECT_FALSE(plan.delivered(3));
  EXPECT_EQ(plan.next().begin, 3u);
  EXPECT_EQ(plan.next().end, 8u);
  EXPECT_FALSE(plan.delivered(5));
  EXPECT_EQ(plan.next().begin, 8u);
  EXPECT_EQ(plan.next().end, 12u) << "half of those that are still suspected";
}

TEST(BisectionModel, ABatchThatIsAllBadCostsLittleMoreThanASendForEach) {
  for (const std::size_t count : {1u, 2u, 100u, 8'192u}) {
    Destination destination;
    for (std::size_t i = 0; i < count; ++i) destination.bad.insert(i);
    destination.deliver(count);
    EXPECT_EQ(destination.refused.size(), count);
    EXPECT_LE(destination.sends, count + 2 * ceil_log2(count) + 2);
  }
}

}  // namespace
}  // namespace penstock::base
