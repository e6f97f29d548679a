// SPDX-License-Identifier: Apache-2.0
// Which events are dropped when there is no room, and which are not: drop_newest, drop_oldest, and
// the reserve for WARNING and above.
#include <algorithm>

#include "support/options.hpp"
#include "support/pipeline_test.hpp"
#include "support/sinks.hpp"

namespace penstock::test {
namespace {

class DropTest : public PipelineTest {
 protected:
  // Stuck from its first event on.
  Pipeline& start_stuck(WhenFull when_full, std::uint32_t reserve_percent = 0) {
    SinkOptions sink = tiny(gate_.options("gate"), when_full);
    sink.queue = {.max_bytes = 256 * KiB, .reserve_percent = reserve_percent};
    Pipeline& pipeline = start({sink});
    pipeline.logger("x").info("first");
    EXPECT_TRUE(gate_.wait_until_stuck());
    return pipeline;
  }
  // The events that arrive once the sink goes on.
  std::vector<OwnedEvent> arrived(Pipeline& pipeline) {
    gate_.open();
    EXPECT_TRUE(pipeline.flush(patience));
    return gate_.events();
  }
  static std::vector<int> numbers(const std::vector<OwnedEvent>& events, Level level) {
    std::vector<int> numbers;
    for (const OwnedEvent& event : events) {
      if (event.level == level && event.message != "first") {
        numbers.push_back(std::stoi(event.message));
      }
    }
    return numbers;
  }

  void TearDown() override {
    gate_.open();
    PipelineTest::TearDown();
  }

  GateSink gate_{};
};

TEST_F(DropTest, DropNewestKeepsTheOldestAndDropsTheRest) {
  Pipeline& pipeline = start_stuck(WhenFull::drop_newest);
  const Logger log = pipeline.logger("x");
  for (int i = 0; i < 20'000; ++i) log.info("{}", i);
  const SinkStats stats = stats_of(pipeline, "gate");
  EXPECT_GT(dropped(stats, DropReason::queue_full), 0);
  EXPECT_EQ(stats.dropped_total(), dropped(stats, DropReason::queue_full));
  const std::vector<int> kept = numbers(arrived(pipeline), Level::info);
  ASSERT_FALSE(kept.empty());
  for (std::size_t i = 0; i < kept.size(); ++i) ASSERT_EQ(kept[i], static_cast<int>(i));
}

TEST_F(DropTest, DropOldestKeepsTheNewestWhileTheWorkerIsStuck) {
  Pipeline& pipeline = start_stuck(WhenFull::drop_oldest);
  const Logger log = pipeline.logger("x");
  for (int i = 0; i < 20'000; ++i) log.info("{}", i);
  const SinkStats stats = stats_of(pipeline, "gate");
  EXPECT_GT(dropped(stats, DropReason::queue_oldest), 0);
  EXPECT_EQ(stats.dropped_total(), dropped(stats, DropReason::queue_oldest));
  const std::vector<int> kept = numbers(arrived(pipeline), Level::info);
  ASSERT_GT(kept.size(), 2'000u);
  EXPECT_EQ(kept.back(), 19'999);
  // What the worker had begun to read stays; from there on there is one gap.
  int gaps = 0;
  for (std::size_t i = 1; i < kept.size(); ++i) gaps += kept[i] != kept[i - 1] + 1 ? 1 : 0;
  EXPECT_LE(gaps, 1);
}

// The worker has taken a whole queue's worth into one batch before it got stuck.
TEST_F(DropTest, DropOldestKeepsTheNewestAfterABurst) {
  GateSink gate;
  SinkOptions sink = tiny(gate.options("burst"), WhenFull::drop_oldest);
  sink.queue.max_bytes = 256 * KiB;
  sink.batch = {.max_events = 1'000'000, .max_bytes = 256 * MiB, .linger = 20ms};
  Pipeline& pipeline = start({sink});
  const Logger log = pipeline.logger("x");
  for (int i = 0; i < 5'000; ++i) log.info("{}", i);
  ASSERT_TRUE(gate.wait_until_stuck());
  for (int i = 5'000; i < 40'000; ++i) log.info("{}", i);
  const SinkStats stats = stats_of(pipeline, "burst");
  EXPECT_EQ(stats.dropped_total(), dropped(stats, DropReason::queue_oldest));
  gate.open();
  ASSERT_TRUE(pipeline.flush(patience));
  EXPECT_EQ(numbers(gate.events(), Level::info).back(), 39'999);
}

TEST_F(DropTest, DropOldestTakesTheOldestOfAllThreads) {
  Pipeline& pipeline = start_stuck(WhenFull::drop_oldest);
  const Logger log = pipeline.logger("x");
  std::thread([&] {
    for (int i = 0; i < 2'000; ++i) log.info("{}", i);
  }).join();
  for (int i = 2'000; i < 20'000; ++i) log.info("{}", i);
  const std::vector<int> kept = numbers(arrived(pipeline), Level::info);
  ASSERT_FALSE(kept.empty());
  EXPECT_EQ(std::count_if(kept.begin(), kept.end(), [](int n) { return n < 2'000; }), 0);
  EXPECT_EQ(kept.back(), 19'999);
}

// A WARNING now and then among a flood of INFO.
TEST_F(DropTest, TheReserveLetsWarningsThroughWhileNewestAreDropped) {
  Pipeline& pipeline = start_stuck(WhenFull::drop_newest, 50);
  const Logger log = pipeline.logger("x");
  for (int i = 0; i < 20'000; ++i) {
    log.info("{}", i);
    if (i % 1'000 == 999) log.warning("{}", i);
  }
  const auto events = arrived(pipeline);
  EXPECT_EQ(numbers(events, Level::warning).size(), 20u);
  EXPECT_LT(numbers(events, Level::info).size(), 10'000u);
}

TEST_F(DropTest, TheReserveLetsWarningsThroughWhileOldestAreDropped) {
  Pipeline& pipeline = start_stuck(WhenFull::drop_oldest, 50);
  const Logger log = pipeline.logger("x");
  for (int i = 0; i < 20'000; ++i) {
    log.info("{}", i);
    if (i % 1'000 == 999) log.warning("{}", i);
  }
  const auto events = arrived(pipeline);
  EXPECT_EQ(numbers(events, Level::warning).size(), 20u);
  EXPECT_EQ(numbers(events, Level::info).back(), 19'999);
}

TEST_F(DropTest, SubmittedWarningsUseTheReserveToo) {
  Pipeline& pipeline = start_stuck(WhenFull::drop_newest, 50);
  for (int i = 0; i < 20'000; ++i) {
    const std::string text = std::to_string(i);
    ASSERT_TRUE(pipeline.submit({.level = Level::info, .message = text}));
    if (i % 1'000 == 999) {
      ASSERT_TRUE(pipeline.submit({.level = Level::error, .message = text}));
    }
  }
  EXPECT_EQ(numbers(arrived(pipeline), Level::error).size(), 20u);
}

// Whatever level opens a block: INFO events do not get into the reserve behind it.
TEST_F(DropTest, TheReserveIsNotUsedUpByOrdinaryEvents) {
  Pipeline& pipeline = start_stuck(WhenFull::drop_newest, 50);
  const Logger log = pipeline.logger("x");
  const std::string text(3'000, 'x');  // one to a block: each of them opens one
  for (int i = 0; i < 200; ++i) log.info("{} {}", i, text);
  for (int i = 0; i < 20; ++i) {
    log.warning("{} {}", i, std::string_view(text).substr(0, 100));
    for (int n = 0; n < 3; ++n) log.info("{} {}", i, std::string_view(text).substr(0, 900));
  }
  const auto events = arrived(pipeline);
  EXPECT_EQ(numbers(events, Level::warning).size(), 20u);
}

TEST_F(DropTest, TheReserveHasItsBoundAsWell) {
  Pipeline& pipeline = start_stuck(WhenFull::drop_newest, 50);
  const Logger log = pipeline.logger("x");
  for (int i = 0; i < 20'000; ++i) log.error("{}", i);
  const SinkStats stats = stats_of(pipeline, "gate");
  EXPECT_GT(stats.dropped_total(), 0);
  EXPECT_LE(stats.queue_bytes_high, static_cast<std::int64_t>(256 * KiB + 16 * KiB));
  const std::vector<int> kept = numbers(arrived(pipeline), Level::error);
  EXPECT_TRUE(std::is_sorted(kept.begin(), kept.end()));
  EXPECT_EQ(static_cast<std::int64_t>(kept.size()) + stats.dropped_total(), 20'000);
}

TEST_F(DropTest, WarningsInTheReserveKeepTheirPlaceInTheOrder) {
  Pipeline& pipeline = start_stuck(WhenFull::drop_newest, 50);
  const Logger log = pipeline.logger("x");
  for (int i = 0; i < 10'000; ++i) {
    if (i % 500 == 0)
      log.warning("{}", i);
    else
      log.info("{}", i);
  }
  std::vector<int> all;
  for (const OwnedEvent& event : arrived(pipeline)) {
    if (event.message != "first") all.push_back(std::stoi(event.message));
  }
  EXPECT_TRUE(std::is_sorted(all.begin(), all.end()));
}

// The event that finds out that there is room again is not the price for it.
TEST_F(DropTest, TheFirstWarningAfterAStallArrives) {
  Pipeline& pipeline = start_stuck(WhenFull::drop_newest, 50);
  const Logger log = pipeline.logger("x");
  for (int i = 0; i < 20'000; ++i) log.info("{}", i);
  (void)arrived(pipeline);
  log.warning("30000");
  ASSERT_TRUE(pipeline.flush(patience));
  EXPECT_EQ(numbers(gate_.events(), Level::warning), std::vector{30'000});
}

TEST_F(DropTest, OneSinksRefusalsAreNotItsSiblings) {
  GateSink other(GateSink::Gate::open);
  SinkOptions stuck = tiny(gate_.options("gate"), WhenFull::drop_newest);
  stuck.queue.reserve_percent = 50;
  Pipeline& pipeline = start({stuck, other.options("other")});
  const Logger log = pipeline.logger("x");
  for (int i = 0; i < 5'000; ++i) {
    if (i % 500 == 0)
      log.warning("{}", i);
    else
      log.info("{}", i);
  }
  ASSERT_TRUE(other.wait_for(5'000));
  EXPECT_EQ(other.events().size(), 5'000u) << "a warning in a reserve is not delivered twice";
}

}  // namespace
}  // namespace penstock::test
