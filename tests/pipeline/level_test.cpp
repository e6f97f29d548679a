// SPDX-License-Identifier: Apache-2.0
// Levels: of sinks, of loggers, and changed while the pipeline runs.
#include <atomic>

#include "support/options.hpp"
#include "support/pipeline_test.hpp"
#include "support/run.hpp"
#include "support/sinks.hpp"

namespace penstock::test {
namespace {

class LevelTest : public PipelineTest {
 protected:
  static void log_all(const Logger& log) {
    log.trace("t");
    log.debug("d");
    log.info("i");
    log.warning("w");
    log.error("e");
    log.critical("c");
  }
  std::size_t seen_of(Pipeline& pipeline, std::string_view logger) {
    log_all(pipeline.logger(logger));
    EXPECT_TRUE(pipeline.flush(patience));
    const std::size_t count = seen_.size();
    seen_.clear();
    return count;
  }
  Pipeline& start_with(std::vector<LevelRule> rules) {
    PipelineOptions options;
    options.sinks = {seen_.options("memory")};
    options.levels = std::move(rules);
    return start(std::move(options));
  }

  MemorySink seen_{};
};

TEST_F(LevelTest, ASinkTakesEventsAtOrAboveItsLevel) {
  const std::size_t wanted[] = {6, 5, 4, 3, 2, 1};
  for (int level = 0; level < level_count; ++level) {
    MemorySink seen;
    Pipeline& pipeline =
        start({seen.options("some", static_cast<Level>(level)), CountingSink().options("all")});
    log_all(pipeline.logger("x"));
    ASSERT_TRUE(pipeline.flush(patience));
    EXPECT_EQ(seen.size(), wanted[level]);
    EXPECT_EQ(stats_of(pipeline, "some").filtered, level);
    EXPECT_EQ(stats_of(pipeline, "all").delivered, 6);
  }
}

TEST_F(LevelTest, ASinkWithoutALevelHasTheDefaultLevel) {
  SinkOptions sink = seen_.options("memory");
  sink.level.reset();
  PipelineOptions options;
  options.sinks = {sink};
  options.default_level = Level::error;
  Pipeline& pipeline = start(std::move(options));
  EXPECT_EQ(seen_of(pipeline, "x"), 2u);
}

TEST_F(LevelTest, WhatNoSinkTakesIsNotAccepted) {
  Pipeline& pipeline = start({seen_.options("memory", Level::warning)});
  const Logger log = pipeline.logger("x");
  EXPECT_FALSE(log.enabled(Level::info));
  EXPECT_TRUE(log.enabled(Level::warning));
  EXPECT_EQ(seen_of(pipeline, "x"), 3u);
  EXPECT_EQ(pipeline.stats().accepted, 3);
}

TEST_F(LevelTest, TheLongestMatchingRuleWins) {
  Pipeline& pipeline =
      start_with({{"", Level::error}, {"orders", Level::warning}, {"orders.book", Level::trace}});
  EXPECT_EQ(seen_of(pipeline, ""), 2u);
  EXPECT_EQ(seen_of(pipeline, "other"), 2u);
  EXPECT_EQ(seen_of(pipeline, "orders"), 3u);
  EXPECT_EQ(seen_of(pipeline, "orders.audit"), 3u);
  EXPECT_EQ(seen_of(pipeline, "orders.book"), 6u);
  EXPECT_EQ(seen_of(pipeline, "orders.book.deep"), 6u);
  EXPECT_EQ(seen_of(pipeline, "ordersbook"), 2u) << "a name is not below its own prefix";
}

TEST_F(LevelTest, ChangesAtRunTimeReachLoggersThatExist) {
  Pipeline& pipeline = start_with({});
  const Logger log = pipeline.logger("orders.book");
  EXPECT_TRUE(log.enabled(Level::trace));
  pipeline.set_level("orders", Level::critical);
  EXPECT_FALSE(log.enabled(Level::error));
  pipeline.set_level("orders.book", Level::debug);
  EXPECT_TRUE(log.enabled(Level::debug));
  EXPECT_FALSE(log.enabled(Level::trace));
  EXPECT_EQ(seen_of(pipeline, "orders.audit"), 1u);
  pipeline.set_level("orders.book", std::nullopt);
  EXPECT_FALSE(log.enabled(Level::error));
  pipeline.set_level("orders", std::nullopt);
  EXPECT_TRUE(log.enabled(Level::trace));
  EXPECT_EQ(seen_of(pipeline, "orders.audit"), 6u);
}

TEST_F(LevelTest, ChangesAtRunTimeReachLoggersMadeLater) {
  Pipeline& pipeline = start_with({});
  pipeline.set_level("", Level::error);
  EXPECT_FALSE(pipeline.logger("made.later").enabled(Level::warning));
  EXPECT_EQ(seen_of(pipeline, "made.later"), 2u);
}

TEST_F(LevelTest, ARuleAgainReplacesTheFirst) {
  Pipeline& pipeline = start_with({{"a", Level::error}});
  pipeline.set_level("a", Level::debug);
  EXPECT_EQ(seen_of(pipeline, "a.b"), 5u);
}

TEST_F(LevelTest, ChangesReachLoggersWithContext) {
  Pipeline& pipeline = start_with({});
  const Logger log = pipeline.logger("a").with(field("x", 1)).tag("t");
  pipeline.set_level("a", Level::error);
  EXPECT_FALSE(log.enabled(Level::warning));
}

TEST_F(LevelTest, MayChangeWhileOthersLog) {
  Pipeline& pipeline = start({CountingSink().options("counting")});
  std::atomic<bool> done{false};
  Threads threads;
  threads.start(2, [&](std::size_t) {
    const Logger log = pipeline.logger("busy.one");
    while (!done) log.info("x");
  });
  for (int i = 0; i < 200; ++i) {
    pipeline.set_level("busy", i % 2 == 0 ? Level::error : Level::trace);
    (void)pipeline.logger(numbered("busy.", i));
  }
  done = true;
}

}  // namespace
}  // namespace penstock::test
