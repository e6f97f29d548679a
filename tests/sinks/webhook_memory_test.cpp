// SPDX-License-Identifier: Apache-2.0
// What a webhook remembers of sizes and of parts, without a network.
#include "sinks/webhook_memory.hpp"

#include <cmath>

#include <gtest/gtest.h>

namespace penstock::sinks::testing {
namespace {

// Sends one request of as much as may go out, to a server that takes `most`. True when it is taken.
bool send(WebhookSizes& sizes, std::size_t most, std::size_t there_is = 10'000'000) {
  const std::size_t bytes = std::min(sizes.limit(), there_is);
  if (bytes > most) {
    sizes.too_large(bytes);
    return false;
  }
  sizes.passed(bytes, bytes < there_is);
  return true;
}

TEST(WebhookSizes, AreWithoutLimitUntilSomethingIsTooLarge) {
  WebhookSizes sizes;
  for (int i = 0; i < 100; ++i) EXPECT_TRUE(send(sizes, 20'000'000));
  EXPECT_GT(sizes.limit(), 20'000'000U);
}

TEST(WebhookSizes, AreFoundByHalvingAndThenKept) {
  WebhookSizes sizes;
  int refused = 0;
  while (!send(sizes, 100'000)) ++refused;
  EXPECT_LE(refused, std::ceil(std::log2(10'000'000.0 / 100'000)));
  for (int i = 0; i < 10; ++i) EXPECT_TRUE(send(sizes, 100'000));
  EXPECT_GT(sizes.limit(), 50'000U);
}

TEST(WebhookSizes, GrowAgainWhenTheServerTakesMore) {
  WebhookSizes sizes;
  while (!send(sizes, 100)) continue;
  int requests = 0;
  while (sizes.limit() < 10'000'000) {
    EXPECT_TRUE(send(sizes, 20'000'000));
    ASSERT_LT(++requests, 1'000);
  }
}

TEST(WebhookSizes, AreTriedMoreAndMoreRarely) {
  WebhookSizes sizes;
  int refused = 0;
  for (int i = 0; i < 10'000; ++i) refused += send(sizes, 100'000) ? 0 : 1;
  EXPECT_LE(refused, 25);
  EXPECT_LE(sizes.limit(), 200'000U);
}

TEST(WebhookSizes, FollowAServerThatTakesLess) {
  WebhookSizes sizes;
  while (!send(sizes, 1'000'000)) continue;
  int refused = 0;
  while (!send(sizes, 10'000)) ++refused;
  EXPECT_LE(refused, 8);
}

TEST(WebhookSizes, DoNotGrowByALateAnswerToALargerRequest) {
  WebhookSizes sizes;
  for (const std::size_t bytes : {8'000U, 4'000U, 2'000U}) sizes.too_large(bytes);
  EXPECT_EQ(sizes.limit(), 1'000U);
  for (const std::size_t bytes : {8'000U, 4'000U}) sizes.too_large(bytes);  // of other batches
  EXPECT_EQ(sizes.limit(), 1'000U);
  sizes.too_large(1'000);
  EXPECT_EQ(sizes.limit(), 500U);
}

TEST(WebhookSizes, DoNotGrowByRequestsThatWereSmallAnyway) {
  WebhookSizes sizes;
  while (!send(sizes, 100'000)) continue;
  const std::size_t limit = sizes.limit();
  for (int i = 0; i < 10'000; ++i) EXPECT_TRUE(send(sizes, 100'000, 500));
  EXPECT_EQ(sizes.limit(), limit);
}

TEST(WebhookUnansweredParts, AreKeptUntilTheyAreForgottenAndAreBounded) {
  UnansweredParts parts;
  EXPECT_FALSE(parts.of(1));
  parts.keep(1, {.begin = 3, .end = 5});
  parts.keep(1, {.begin = 5, .end = 9});
  ASSERT_TRUE(parts.of(1));
  EXPECT_EQ(parts.of(1)->begin, 5U);
  EXPECT_EQ(parts.of(1)->end, 9U);
  parts.forget(1);
  EXPECT_FALSE(parts.of(1));
  for (std::uint64_t id = 1; id <= 5'000; ++id) parts.keep(id, {.begin = 0, .end = 1});
  EXPECT_FALSE(parts.of(1));
  EXPECT_TRUE(parts.of(4'001));  // of the last thousand none is lost
  EXPECT_TRUE(parts.of(5'000));
}

}  // namespace
}  // namespace penstock::sinks::testing
