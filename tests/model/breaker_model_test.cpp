// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "pipeline/breaker.hpp"

namespace penstock::pipeline {
namespace {

TEST(BreakerModel, OpensAfterSoManyFailuresInARow) {
  Breaker breaker(3);
  for (int i = 0; i < 2; ++i) breaker.failed();
  EXPECT_EQ(breaker.state(), BreakerState::closed);
  breaker.succeeded();
  for (int i = 0; i < 2; ++i) breaker.failed();
  EXPECT_EQ(breaker.state(), BreakerState::closed) << "not in a row";
  breaker.failed();
  EXPECT_EQ(breaker.state(), BreakerState::open);
}

TEST(BreakerModel, AProbeDecides) {
  Breaker breaker(1);
  breaker.failed();
  for (int i = 0; i < 3; ++i) {
    breaker.probe();
    EXPECT_EQ(breaker.state(), BreakerState::half_open);
    breaker.failed();
    EXPECT_EQ(breaker.state(), BreakerState::open);
  }
  breaker.probe();
  breaker.succeeded();
  EXPECT_EQ(breaker.state(), BreakerState::closed);
}

TEST(BreakerModel, AClosedOneNeedsNoProbe) {
  Breaker breaker(2);
  breaker.failed();
  breaker.probe();
  EXPECT_EQ(breaker.state(), BreakerState::closed);
}

}  // namespace
}  // namespace penstock::pipeline
