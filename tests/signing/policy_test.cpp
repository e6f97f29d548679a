// SPDX-License-Identifier: Apache-2.0
#include "signing/policy.hpp"

#include <thread>
#include <vector>

#include <gtest/gtest.h>

namespace penstock::signing {
namespace {

constexpr std::array<Policy, 3> policies = {Policy::off, Policy::warn, Policy::enforce};

TEST(Policy, HasWords) {
  for (const Policy policy : policies) EXPECT_EQ(parse_policy(word(policy)), policy);
  EXPECT_EQ(word(Policy::enforce), "enforce");
  EXPECT_FALSE(parse_policy("Enforce"));
  EXPECT_FALSE(parse_policy(""));
}

TEST(Policy, IsTightenedAndNeverRelaxed) {
  for (const Policy before : policies) {
    for (const Policy wanted : policies) {
      PolicyInForce policy(before);
      EXPECT_EQ(policy.tighten(wanted), wanted >= before);
      EXPECT_EQ(policy.get(), std::max(before, wanted));
    }
  }
}

TEST(Policy, ManyThreadsTightenItToTheStrictest) {
  PolicyInForce policy(Policy::off);
  std::vector<std::thread> threads;
  for (const Policy wanted : policies) {
    threads.emplace_back([&policy, wanted] {
      for (int i = 0; i < 1000; ++i) {
        policy.tighten(wanted);
        EXPECT_GE(policy.get(), wanted);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(policy.get(), Policy::enforce);
}

}  // namespace
}  // namespace penstock::signing
