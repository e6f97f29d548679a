// SPDX-License-Identifier: Apache-2.0
// What the limits of a sink hold back, and what the account says of it.
#include <map>

#include "limits_fixture.hpp"
#include "support/run.hpp"

namespace penstock::test {
namespace {

// ---- rate_limit

// A rate of one a second: in the moment of the test nothing comes in beyond the burst, but for a
// machine that is stuck for seconds.
TEST_F(LimitsTest, WhatIsBeyondTheRateIsFilteredAndCounted) {
  Pipeline& pipeline = start_limited({.rate_limit = {.events = 1, .events_burst = 10}});
  const Logger log = pipeline.logger("x");
  const auto begin = Clock::now();
  for (int i = 0; i < 1'000; ++i) log.info("{}", i);
  const auto seconds = std::chrono::ceil<std::chrono::seconds>(Clock::now() - begin).count();
  ASSERT_TRUE(pipeline.flush(patience));
  const SinkStats stats = stats_of(pipeline, "limited");
  EXPECT_GE(stats.delivered, 10);
  EXPECT_LE(stats.delivered, 10 + seconds);
  EXPECT_EQ(filtered(stats, FilterReason::rate_limited), 1'000 - stats.delivered);
  EXPECT_EQ(stats.filtered, 1'000 - stats.delivered);
  EXPECT_EQ(sink_.size(), static_cast<std::size_t>(stats.delivered));
  EXPECT_EQ(sink_.events().front().message, "0") << "the first ones pass";
}

TEST_F(LimitsTest, BytesAreLimitedAsTheyAreInTheBatch) {
  Pipeline& pipeline = start_limited({.rate_limit = {.bytes = 1, .bytes_burst = 10'000}});
  const Logger log = pipeline.logger("x");
  const std::string text(1'000, 'x');
  for (int i = 0; i < 100; ++i) log.info("{}", text);
  ASSERT_TRUE(pipeline.flush(patience));
  const SinkStats stats = stats_of(pipeline, "limited");
  EXPECT_GE(stats.delivered, 5);
  EXPECT_LE(stats.delivered, 10);
  EXPECT_EQ(filtered(stats, FilterReason::rate_limited), 100 - stats.delivered);
}

// The rate is that at which events happen: what waited for a sink that hung is not held back.
TEST_F(LimitsTest, ABacklogIsNotHeldBackForHavingWaited) {
  GateSink gate;
  SinkOptions options = gate.options("limited");
  options.limits.rate_limit = {.events = 1'000, .events_burst = 20};
  Pipeline& pipeline = start({options});
  const Logger log = pipeline.logger("x");
  log.info("first");
  ASSERT_TRUE(gate.wait_until_stuck());
  for (int i = 0; i < 40; ++i) {
    log.info("{}", i);
    const auto next = Clock::now() + 2ms;
    ASSERT_TRUE(eventually([&] { return Clock::now() >= next; }));
  }
  gate.open();
  ASSERT_TRUE(pipeline.flush(patience));
  EXPECT_EQ(stats_of(pipeline, "limited").delivered, 41);
}

// ---- sample

TEST_F(LimitsTest, TheSampleIsExact) {
  Pipeline& pipeline = start_limited({.sample = 10});
  const Logger log = pipeline.logger("x");
  for (int i = 0; i < 1'000; ++i) log.info("{}", i);
  ASSERT_TRUE(pipeline.flush(patience));
  const SinkStats stats = stats_of(pipeline, "limited");
  EXPECT_EQ(stats.delivered, 100);
  EXPECT_EQ(filtered(stats, FilterReason::sampled), 900);
  EXPECT_EQ(stats.filtered, 900);
  const auto events = sink_.events();
  for (std::size_t i = 0; i < events.size(); ++i) {
    EXPECT_EQ(std::stoul(events[i].message) / 10, i) << "one of each ten, in order";
  }
}

TEST_F(LimitsTest, TheReasonsAreToldApart) {
  SinkOptions options = sink_.options("limited", Level::info);
  options.limits.sample = 10;
  Pipeline& pipeline = start({options, CountingSink().options("all")});
  const Logger log = pipeline.logger("x");
  for (int i = 0; i < 100; ++i) {
    log.debug("not wanted");
    log.info("sampled");
    log.to({"nowhere"}).info("for nobody");
  }
  ASSERT_TRUE(pipeline.flush(patience));
  const SinkStats stats = stats_of(pipeline, "limited");
  EXPECT_EQ(filtered(stats, FilterReason::not_wanted), 200);
  EXPECT_EQ(filtered(stats, FilterReason::sampled), 90);
  EXPECT_EQ(stats.filtered, 290);
  EXPECT_EQ(stats.delivered, 10);
  EXPECT_EQ(stats_of(pipeline, "all").delivered, 200) << "the limits are those of one sink";
}

// ---- exempt

TEST_F(LimitsTest, WarningsAndAboveAreExempt) {
  Pipeline& pipeline = start_limited(
      {.rate_limit = {.events = 1, .events_burst = 1}, .sample = 1'000, .deduplicate = 1h});
  const Logger log = pipeline.logger("x");
  for (int i = 0; i < 50; ++i) {
    log.info("info");
    log.warning("warning");
    log.error("error");
    log.tag("t").critical("critical");
  }
  ASSERT_TRUE(pipeline.flush(patience));
  std::map<Level, int> by_level;
  for (const OwnedEvent& event : sink_.events()) ++by_level[event.level];
  EXPECT_EQ(by_level[Level::warning], 50);
  EXPECT_EQ(by_level[Level::error], 50);
  EXPECT_EQ(by_level[Level::critical], 50);
  EXPECT_LE(by_level[Level::info], 1);
}

TEST_F(LimitsTest, NothingIsExemptWhenItIsSaidSo) {
  Pipeline& pipeline = start_limited({.sample = 10, .exempt = std::nullopt});
  const Logger log = pipeline.logger("x");
  for (int i = 0; i < 100; ++i) log.critical("critical");
  ASSERT_TRUE(pipeline.flush(patience));
  EXPECT_EQ(filtered(stats_of(pipeline, "limited"), FilterReason::sampled), 90);
}

TEST_F(LimitsTest, TheLevelThatIsExemptCanBeChosen) {
  Pipeline& pipeline = start_limited({.sample = 10, .exempt = Level::error});
  const Logger log = pipeline.logger("x");
  for (int i = 0; i < 100; ++i) {
    log.warning("warning");
    log.error("error");
  }
  ASSERT_TRUE(pipeline.flush(patience));
  EXPECT_EQ(stats_of(pipeline, "limited").delivered, 10 + 100);
}

// A trigger gives an event another level: that one counts.
TEST_F(LimitsTest, OfAReplacedEventTheNewLevelCounts) {
  PipelineOptions options;
  options.sinks = {sink_.options("limited")};
  options.sinks[0].limits.sample = 10;
  options.triggers = {{.event = "alarm", .details = {.message = "alarm", .level = Level::error}}};
  Pipeline& pipeline = start(std::move(options));
  const Logger log = pipeline.logger("x");
  for (int i = 0; i < 100; ++i) log.event("alarm").info("quiet");
  ASSERT_TRUE(pipeline.flush(patience));
  EXPECT_EQ(stats_of(pipeline, "limited").delivered, 100);
}

// ---- all together

// Threads that log while windows end, batches are refused and flushes come: each event is either
// delivered, or one that was delivered stands for it.
TEST_F(LimitsTest, TheAccountIsExactUnderLoad) {
  FaultySink faulty({{.kind = Answer::Kind::retry, .delivered = 1},
                     {.kind = Answer::Kind::fatal},
                     {.kind = Answer::Kind::retry}});
  SinkOptions retried = faulty.options("retried");
  retried.retry.min_backoff = 1ms;
  retried.limits = {.rate_limit = {.events = 20'000}, .deduplicate = 1ms, .max_keys = 30};
  SinkOptions counted = sink_.options("counted");
  counted.limits = {.deduplicate = 2ms, .max_keys = 30};
  SinkOptions sampled = CountingSink().options("sampled");
  sampled.limits = {.rate_limit = {.bytes = 1 * MiB}, .sample = 3};
  Pipeline& pipeline = start({retried, counted, sampled});
  constexpr std::uint64_t threads_count = 3;
  const std::uint64_t events = repeats(5'000);
  Threads threads;
  threads.start(threads_count, [&](std::size_t thread) {
    const Logger log = pipeline.logger("x");
    auto random = random_stream(thread);
    for (std::uint64_t i = 0; i < events; ++i) {
      log.info("{} {}", thread, random() % 20, field("i", i));
    }
  });
  for (int i = 0; i < 20; ++i) {
    EXPECT_TRUE(adds_up(pipeline.stats()));
    EXPECT_TRUE(pipeline.flush(patience));
  }
  threads.join();
  const StopReport report = pipeline.stop(patience);
  EXPECT_TRUE(report.complete);
  EXPECT_TRUE(adds_up(report.stats));
  std::uint64_t stood_for = 0;
  for (const OwnedEvent& event : sink_.events()) stood_for += repeated(event);
  EXPECT_EQ(stood_for, threads_count * events);
  for (const SinkStats& stats : report.stats.sinks) {
    EXPECT_EQ(stats.delivered + stats.filtered, report.stats.accepted) << stats.name;
    std::int64_t by_reason = 0;
    for (const std::int64_t count : stats.filtered_by) by_reason += count;
    EXPECT_EQ(by_reason, stats.filtered) << stats.name;
  }
  EXPECT_GT(filtered(report.stats.sinks[1], FilterReason::duplicate), 0);
  const auto total = static_cast<std::int64_t>(threads_count * events);
  EXPECT_EQ(filtered(report.stats.sinks[2], FilterReason::sampled), total - total / 3);
}

}  // namespace
}  // namespace penstock::test
