// SPDX-License-Identifier: Apache-2.0
#include <map>
#include <vector>

#include <gtest/gtest.h>

#include "pipeline/sampler.hpp"
#include "support/run.hpp"

namespace penstock::pipeline {
namespace {

TEST(SamplerModel, TakesExactlyOneOfEachNInARow) {
  auto random = test::random_stream();
  for (std::uint64_t round = 0; round < test::repeats(200); ++round) {
    const auto n = static_cast<std::uint32_t>(1 + random() % 300);
    Sampler sampler(n, random());
    for (int block = 0; block < 50; ++block) {
      std::uint32_t taken = 0;
      for (std::uint32_t i = 0; i < n; ++i) taken += sampler.take() ? 1 : 0;
      ASSERT_EQ(taken, 1u) << "of " << n;
    }
  }
}

TEST(SamplerModel, TheSameSeedMakesTheSameChoice) {
  const auto choice = [](std::uint64_t seed) {
    Sampler sampler(10, seed);
    std::vector<bool> taken;
    for (int i = 0; i < 1'000; ++i) taken.push_back(sampler.take());
    return taken;
  };
  EXPECT_EQ(choice(7), choice(7));
  EXPECT_NE(choice(7), choice(8));
}

// Every fourth event is of one kind, and every fourth is taken: of that kind should still be about
// as many as of any other.
TEST(SamplerModel, ARhythmInTheTrafficDoesNotMeetOneInTheChoice) {
  auto random = test::random_stream();
  Sampler sampler(4, random());
  std::map<int, int> taken;
  for (int i = 0; i < 40'000; ++i) {
    if (sampler.take()) ++taken[i % 4];
  }
  for (int kind = 0; kind < 4; ++kind) {
    EXPECT_GT(taken[kind], 2'200) << kind;  // 2'500 expected; this is seven deviations away
    EXPECT_LT(taken[kind], 2'800) << kind;
  }
}

}  // namespace
}  // namespace penstock::pipeline
