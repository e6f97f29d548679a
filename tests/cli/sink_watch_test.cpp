// SPDX-License-Identifier: Apache-2.0
#include "cli/sink_watch.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace penstock::cli {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

PipelineStats one_sink(SinkState state, std::string error = {}) {
  PipelineStats stats;
  stats.sinks.resize(1);
  stats.sinks[0].name = std::string("a");
  stats.sinks[0].state = state;
  stats.sinks[0].last_error = std::move(error);
  return stats;
}

const SinkWatch::Clock::time_point begin = SinkWatch::Clock::now();

TEST(SinkWatch, TellsEachChangeOnce) {
  SinkWatch watch;
  EXPECT_THAT(watch.news(one_sink(SinkState::running), begin), IsEmpty());
  EXPECT_THAT(watch.news(one_sink(SinkState::retrying, "full\x1b"), begin),
              ElementsAre("sink 'a' is retrying: full\\x1b"));
  EXPECT_THAT(watch.news(one_sink(SinkState::retrying, "full"), begin + 2s), IsEmpty());
  EXPECT_THAT(watch.news(one_sink(SinkState::failed, "gone"), begin + 4s),
              ElementsAre("sink 'a' has failed, and is opened again: gone"));
  EXPECT_THAT(watch.news(one_sink(SinkState::running, "no reader"), begin + 6s),
              ElementsAre("sink 'a' has trouble: no reader"));
  EXPECT_THAT(watch.news(one_sink(SinkState::running), begin + 8s),
              ElementsAre("sink 'a' runs again"));
  EXPECT_THAT(watch.news(one_sink(SinkState::running), begin + 10s), IsEmpty());
}

TEST(SinkWatch, ASinkThatFlapsDoesNotFloodTheScreen) {
  SinkWatch watch;
  std::size_t lines = 0;
  for (int i = 0; i < 1000; ++i) {
    const SinkState state = i % 2 == 0 ? SinkState::retrying : SinkState::running;
    lines += watch.news(one_sink(state), begin + i * 10ms).size();
  }
  EXPECT_GE(lines, 9U);
  EXPECT_LE(lines, 11U);
}

TEST(SinkWatch, WhatWasMissedIsSaidLater) {
  SinkWatch watch;
  EXPECT_EQ(watch.news(one_sink(SinkState::retrying), begin).size(), 1U);
  EXPECT_THAT(watch.news(one_sink(SinkState::running), begin + 10ms), IsEmpty());
  EXPECT_TRUE(watch.has_more());
  EXPECT_THAT(watch.news(one_sink(SinkState::running), begin + 2s),
              ElementsAre("sink 'a' runs again"));
  EXPECT_FALSE(watch.has_more());
}

TEST(SinkWatch, TheEndIsNoNews) {
  SinkWatch watch;
  EXPECT_EQ(watch.news(one_sink(SinkState::failed), begin).size(), 1U);
  EXPECT_THAT(watch.news(one_sink(SinkState::stopped), begin + 2s), IsEmpty());
}

TEST(SinkWatch, APipelineAtRestNeedsNoLook) {
  EXPECT_FALSE(is_at_work(one_sink(SinkState::running)));
  EXPECT_FALSE(is_at_work(one_sink(SinkState::stopped)));
  EXPECT_TRUE(is_at_work(one_sink(SinkState::retrying)));
  PipelineStats stats = one_sink(SinkState::running);
  stats.sinks[0].in_flight = 1;
  EXPECT_TRUE(is_at_work(stats));
}

}  // namespace
}  // namespace penstock::cli
