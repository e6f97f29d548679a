// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "pipeline/expiry.hpp"

namespace penstock::pipeline {
namespace {

using namespace std::chrono_literals;

constexpr Expiry::Time start{1000h};

TEST(ExpiryModel, CountsFromTheFirstFailure) {
  Expiry expiry(10s);
  EXPECT_FALSE(expiry.failed(start));
  EXPECT_FALSE(expiry.failed(start + 9s));
  EXPECT_TRUE(expiry.failed(start + 10s));
  EXPECT_TRUE(expiry.failed(start + 11s));
}

TEST(ExpiryModel, ProgressBeginsTheTimeAnew) {
  Expiry expiry(10s);
  Expiry::Time now = start;
  for (int i = 0; i < 20; ++i, now += 9s) {
    EXPECT_FALSE(expiry.failed(now)) << i;
    expiry.progress();
  }
  EXPECT_FALSE(expiry.failed(now));
  EXPECT_TRUE(expiry.failed(now + 10s));
}

TEST(ExpiryModel, ForeverNeverComes) {
  Expiry expiry(forever);
  EXPECT_FALSE(expiry.failed(start));
  EXPECT_FALSE(expiry.failed(start + 24h * 365 * 100));
}

}  // namespace
}  // namespace penstock::pipeline
