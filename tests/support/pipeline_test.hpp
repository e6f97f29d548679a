// SPDX-License-Identifier: Apache-2.0
// pipeline_test.hpp: the fixture of tests that run pipelines. It stops what was started through it
// and checks that every account adds up: so every test checks it.
#pragma once

#include <deque>
#include <string_view>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "penstock/penstock.hpp"
#include "penstock/testing.hpp"
#include "support/account.hpp"
#include "support/wait.hpp"

namespace penstock::test {

using penstock::testing::MemorySink;
using penstock::testing::OwnedEvent;

inline std::vector<std::string> messages_of(const std::vector<OwnedEvent>& events) {
  std::vector<std::string> messages;
  for (const OwnedEvent& event : events) messages.push_back(event.message);
  return messages;
}

class PipelineTest : public ::testing::Test {
 protected:
  // A running pipeline, for the whole test. Aborts the program when the options are wrong.
  Pipeline& start(PipelineOptions options) {
    return pipelines_.emplace_back(Pipeline::start(std::move(options)).value());
  }
  Pipeline& start(std::vector<SinkOptions> sinks) {
    PipelineOptions options;
    options.sinks = std::move(sinks);
    options.default_level = Level::trace;
    options.own_events = false;  // the tests count every event
    return start(std::move(options));
  }

  // The stats of one sink, now, with the whole account checked.
  static SinkStats stats_of(const Pipeline& pipeline, std::string_view sink) {
    const PipelineStats stats = pipeline.stats();
    EXPECT_TRUE(adds_up(stats));
    const SinkStats* const found = stats.sink(sink);
    EXPECT_NE(found, nullptr) << sink;
    return found != nullptr ? *found : SinkStats{};
  }

  void TearDown() override {
    for (Pipeline& pipeline : pipelines_) {
      EXPECT_TRUE(adds_up(pipeline.stats()));
      EXPECT_TRUE(adds_up(pipeline.stop(5s).stats));
    }
    pipelines_.clear();
  }

 private:
  std::deque<Pipeline> pipelines_{};
};

}  // namespace penstock::test
