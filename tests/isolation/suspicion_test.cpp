// SPDX-License-Identifier: Apache-2.0
// Events that end the process are found and given up, and no others, whatever else ends it.
#include "isolation/suspicion.hpp"

#include <set>
#include <vector>

#include <gmock/gmock.h>

#include "isolation_support.hpp"

namespace penstock::isolation::test {
namespace {

using penstock::test::random_stream;

// A batch of `count` at a plugin that ends with these events, and for `others` other reasons.
struct Course {
  std::set<std::size_t> given_up{};
  std::size_t delivered = 0;
  int ends = 0;
};
Course run(Suspicion& suspicion, std::uint64_t id, std::size_t count,
           const std::set<std::size_t>& bad, int others = 0) {
  Course course;
  std::size_t at = 0;
  bool ended = false;
  while (at < count && course.ends < 100'000) {
    const Suspicion::Offer offer = suspicion.next(id, at, count - at, ended);
    EXPECT_GE(offer.events, 1u);
    EXPECT_LE(offer.events, count - at);
    ended = false;
    if (offer.given_up) {
      course.given_up.insert(at++);
      continue;
    }
    const auto first = bad.lower_bound(at);
    ended = (first != bad.end() && *first < at + offer.events) || others-- > 0;
    if (ended) {
      ++course.ends;
    } else {
      at += offer.events;
      course.delivered += offer.events;
    }
  }
  return course;
}

TEST(SuspicionTest, OneBadEventIsGivenUpAndAllOthersAreDelivered) {
  for (const std::size_t bad : {0u, 1u, 499u, 998u, 999u}) {
    Suspicion suspicion;
    const Course course = run(suspicion, 1, 1000, {bad});
    EXPECT_EQ(course.given_up, std::set<std::size_t>{bad});
    EXPECT_EQ(course.delivered, 999u);
    EXPECT_LE(course.ends, 3 + 10 + 5);
  }
}

TEST(SuspicionTest, EndsOfAnotherCauseCostNoEvent) {
  for (int others = 0; others < 8; ++others) {
    Suspicion suspicion;
    const Course course = run(suspicion, 1, 1000, {}, others);
    EXPECT_TRUE(course.given_up.empty()) << others;
    EXPECT_EQ(course.delivered, 1000u);
  }
}

TEST(SuspicionTest, ManyBadOnesAreAllFoundAndNoOther) {
  auto random = random_stream(6);
  Suspicion suspicion;
  for (std::uint64_t round = 1; round <= 50; ++round) {
    const std::size_t count = 1 + random() % 200;
    std::set<std::size_t> bad;
    for (std::uint64_t i = random() % 6; i > 0; --i) bad.insert(random() % count);
    const Course course = run(suspicion, round, count, bad);
    ASSERT_EQ(course.given_up, bad);
    ASSERT_EQ(course.delivered, count - bad.size());
  }
}

TEST(SuspicionTest, APluginThatAlwaysEndsHasToDoSoOftenerForEachEvent) {
  Suspicion suspicion;
  std::set<std::size_t> all;
  for (std::size_t i = 0; i < 10; ++i) all.insert(i);
  const Course course = run(suspicion, 1, 10, all);
  EXPECT_EQ(course.given_up, all);
  EXPECT_GT(course.ends, 5 + 10 + 20 + 40 + 6 * 80);
}

}  // namespace
}  // namespace penstock::isolation::test
