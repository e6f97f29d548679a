// SPDX-License-Identifier: Apache-2.0
// A sink in trouble: when it is offered what, what the breaker and the state say of it, and how
// much is read for it meanwhile.
#include <algorithm>
#include <limits>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include "answer_fixture.hpp"
#include "function_sink.hpp"

namespace penstock::test {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::Ge;
using ::testing::HasSubstr;

FunctionSink pending_sink() {
  return FunctionSink([](std::size_t) { return WriteResult::pending(); });
}

class TroubleTest : public AnswerTest {
 protected:
  // The times from each offer to the next, of the first `count`.
  static std::vector<std::chrono::nanoseconds> pauses(const FunctionSink& sink, std::size_t count) {
    const auto offers = sink.offers();
    std::vector<std::chrono::nanoseconds> all;
    for (std::size_t i = 1; i < std::min(count, offers.size()); ++i) {
      all.push_back(offers[i].time - offers[i - 1].time);
    }
    return all;
  }
  // An event each in a batch of its own, all of them pending.
  Pipeline& start_pending(const FunctionSink& sink, std::uint32_t count) {
    SinkOptions options = quick(sink.options("web"));
    options.batch.max_events = 1;
    options.max_in_flight = count;
    Pipeline& pipeline = start({options});
    for (std::uint32_t i = 0; i < count; ++i) pipeline.logger("x").info("{}", i);
    EXPECT_TRUE(sink.wait_for(count));
    return pipeline;
  }
};

// ---- figures ------------------------------------------------------------------------------------

TEST_F(TroubleTest, ASinksFiguresAreTheLastOnesAndWithinTheirBound) {
  class Measuring final : public Sink {
   public:
    Status open(SinkContext& context) override {
      for (int i = 0; i < 100; ++i) context.measure(std::string("f") + std::to_string(i), i);
      context.measure("f1", 7);
      context.measure("f2", std::numeric_limits<double>::quiet_NaN());
      context.measure("", 1);
      context.measure(std::string(65, 'x'), 1);
      return {};
    }
    WriteResult write(const Batch&) override { return WriteResult::ok(); }
  };
  Pipeline& pipeline =
      start({sink_options("m", "measuring", [] { return std::make_unique<Measuring>(); })});
  pipeline.logger("x").info("one");
  ASSERT_TRUE(pipeline.flush(patience));
  const std::map<std::string, double> figures = stats_of(pipeline, "m").figures;
  EXPECT_EQ(figures.size(), 64u);
  EXPECT_EQ(figures.at("f0"), 0);
  EXPECT_EQ(figures.at("f1"), 7);
  EXPECT_EQ(figures.at("f2"), 2);
  EXPECT_FALSE(figures.contains("f64"));
}

// ---- pauses -------------------------------------------------------------------------------------

TEST_F(TroubleTest, WhatTheSinkSaysOfItsNextTryHoldsWhenTheBatchHasExpiredToo) {
  static constexpr std::chrono::nanoseconds hint = 50ms;
  const FunctionSink sink([](std::size_t) { return WriteResult::retry("busy", hint); });
  SinkOptions options = quick(sink.options("busy"));
  options.batch.max_events = 1;
  options.retry.expire_after = 10ms;
  Pipeline& pipeline = start({options});
  for (int i = 0; i < 4; ++i) pipeline.logger("x").info("{}", i);
  ASSERT_TRUE(sink.wait_for(4));
  EXPECT_THAT(pauses(sink, 4), Each(Ge(hint)));
  EXPECT_GE(dropped(stats_of(pipeline, "busy"), DropReason::expired), 1);
  (void)pipeline.stop(20ms);
}

TEST_F(TroubleTest, AProbeThatFailsIsNotFollowedAtOnceByTheNextBatch) {
  const FunctionSink sink([](std::size_t) { return WriteResult::retry("down"); });
  SinkOptions options = sink.options("web");
  options.batch.max_events = 1;
  options.retry = {
      .min_backoff = 40ms, .max_backoff = 40ms, .expire_after = 1ms, .breaker_failures = 1};
  Pipeline& pipeline = start({options});
  for (int i = 0; i < 4; ++i) pipeline.logger("x").info("{}", i);
  ASSERT_TRUE(sink.wait_for(5));
  EXPECT_THAT(pauses(sink, 5), Each(Ge(4ms))) << "a tenth of min_backoff is the shortest pause";
  (void)pipeline.stop(20ms);
}

TEST_F(TroubleTest, FailuresAfterWhichEventsExpireCountForTheBreaker) {
  const FunctionSink sink([](std::size_t offer) {
    return offer < 3 ? WriteResult::retry("down") : WriteResult::pending();
  });
  SinkOptions options = sink.options("web");
  options.batch.max_events = 1;
  options.retry = {
      .min_backoff = 20ms, .max_backoff = 20ms, .expire_after = 1ms, .breaker_failures = 3};
  Pipeline& pipeline = start({options});
  for (int i = 0; i < 4; ++i) pipeline.logger("x").info("{}", i);
  ASSERT_TRUE(sink.wait_for(4));
  EXPECT_EQ(stats_of(pipeline, "web").breaker, BreakerState::half_open);
  EXPECT_GE(dropped(stats_of(pipeline, "web"), DropReason::expired), 1);
  sink.settle(3, WriteResult::ok());
  EXPECT_TRUE(eventually([&] { return stats_of(pipeline, "web").delivered == 1; }));
  EXPECT_EQ(stats_of(pipeline, "web").breaker, BreakerState::closed);
  (void)pipeline.stop(20ms);
}

// ---- several batches in flight ------------------------------------------------------------------

TEST_F(TroubleTest, BatchesThatFailTogetherAreOneFailureForTheBreaker) {
  const FunctionSink sink = pending_sink();
  Pipeline& pipeline = start_pending(sink, 5);
  for (std::size_t i = 0; i < 5; ++i) sink.settle(i, WriteResult::retry("reset", 100ms));
  ASSERT_TRUE(sink.wait_for(6));
  EXPECT_EQ(stats_of(pipeline, "web").retries, 5);
  EXPECT_EQ(stats_of(pipeline, "web").breaker, BreakerState::closed) << "it opens after five";
  for (std::size_t i = 5; i < 10; ++i) {
    ASSERT_TRUE(sink.wait_for(i + 1));
    sink.settle(i, WriteResult::ok());
  }
  ASSERT_TRUE(pipeline.flush(patience));
  EXPECT_EQ(stats_of(pipeline, "web").delivered, 5);
}

// At the end pauses are short, but for those that the sink asks for. This one asks for none.
TEST_F(TroubleTest, AHintShorterThanThePauseDoesNotMakeTheSinkAskForIt) {
  const FunctionSink sink = pending_sink();
  SinkOptions options = sink.options("web");
  options.batch.max_events = 1;
  options.max_in_flight = 2;
  options.retry.min_backoff = options.retry.max_backoff = 60s;
  Pipeline& pipeline = start({options});
  for (int i = 0; i < 2; ++i) pipeline.logger("x").info("{}", i);
  ASSERT_TRUE(sink.wait_for(2));
  sink.settle(0, WriteResult::retry("reset"));
  sink.settle(1, WriteResult::retry("reset", 1ns));
  std::thread destination([&] {
    ASSERT_TRUE(sink.wait_for(3));
    sink.settle(2, WriteResult::retry("reset"));  // the chance at once
    ASSERT_TRUE(sink.wait_for(4));
    sink.settle(3, WriteResult::ok());
    ASSERT_TRUE(sink.wait_for(5));
    sink.settle(4, WriteResult::ok());
  });
  EXPECT_TRUE(pipeline.stop(patience).complete);
  destination.join();
}

TEST_F(TroubleTest, BatchesThatGoOnFailingTogetherOpenTheBreaker) {
  const FunctionSink sink = pending_sink();
  Pipeline& pipeline = start_pending(sink, 2);
  for (std::size_t i = 0; i < 2; ++i) sink.settle(i, WriteResult::retry("reset"));
  for (std::size_t i = 2; i < 6; ++i) {
    ASSERT_TRUE(sink.wait_for(i + 1));
    sink.settle(i, WriteResult::retry("reset"));
  }
  ASSERT_TRUE(sink.wait_for(7));
  EXPECT_EQ(stats_of(pipeline, "web").breaker, BreakerState::half_open);
  for (std::size_t i = 6; i < 8; ++i) {
    ASSERT_TRUE(sink.wait_for(i + 1));
    sink.settle(i, WriteResult::ok());
  }
  ASSERT_TRUE(pipeline.flush(patience));
}

TEST_F(TroubleTest, ASinkIsNotRunningAgainBecauseAnotherBatchWasDeliveredDuringAPause) {
  const FunctionSink sink = pending_sink();
  Pipeline& pipeline = start_pending(sink, 3);
  const auto state = [&] { return stats_of(pipeline, "web").state; };
  sink.settle(0, WriteResult::retry("reset", 100ms));
  ASSERT_TRUE(eventually([&] { return state() == SinkState::retrying; }));
  sink.settle(1, WriteResult::ok());
  ASSERT_TRUE(eventually([&] { return stats_of(pipeline, "web").delivered == 1; }));
  EXPECT_EQ(state(), SinkState::retrying);
  EXPECT_EQ(stats_of(pipeline, "web").last_error, "reset");
  sink.settle(2, WriteResult::ok());
  ASSERT_TRUE(sink.wait_for(4));
  sink.settle(3, WriteResult::ok());
  EXPECT_TRUE(eventually([&] { return state() == SinkState::running; }));
  EXPECT_TRUE(pipeline.flush(patience));
}

// ---- answers ------------------------------------------------------------------------------------

TEST_F(TroubleTest, AnAnswerThatDoesNotComeMakesTheSinkStuckUntilItDoes) {
  const FunctionSink sink = pending_sink();
  SinkOptions options = sink.options("web");
  options.call_timeout = 10ms;
  Pipeline& pipeline = start({options, CountingSink().options("other")});
  pipeline.logger("x").info("a");
  ASSERT_TRUE(sink.wait_for(1));
  EXPECT_TRUE(eventually([&] { return stats_of(pipeline, "web").state == SinkState::stuck; }));
  EXPECT_THAT(stats_of(pipeline, "web").last_error, HasSubstr("not answered"));
  EXPECT_EQ(stats_of(pipeline, "other").state, SinkState::running);
  sink.settle(0, WriteResult::ok());
  EXPECT_TRUE(eventually([&] { return stats_of(pipeline, "web").state == SinkState::running; }));
  ASSERT_TRUE(pipeline.flush(patience));
  EXPECT_EQ(stats_of(pipeline, "web").last_error, "");
}

TEST_F(TroubleTest, ARejectionThatNamesNoEventOfTheBatchDeliversNone) {
  FaultySink sink;
  sink.otherwise({.kind = Kind::reject_some, .positions = {77}});
  Pipeline& pipeline = start_with(sink, 3);
  ASSERT_TRUE(pipeline.flush(patience));
  const SinkStats stats = stats_of(pipeline, "faulty");
  EXPECT_EQ(stats.delivered, 0);
  EXPECT_EQ(dropped(stats, DropReason::rejected), 3);
}

// ---- how much is read meanwhile -----------------------------------------------------------------

TEST_F(TroubleTest, BatchesThatAreNeverAnsweredHoldNoMoreThanTheQueueMay) {
  const FunctionSink sink = pending_sink();
  SinkOptions options = sink.options("web");
  options.when_full = WhenFull::drop_newest;
  options.queue.max_bytes = MiB;
  options.batch.max_bytes = 64 * KiB;
  options.max_in_flight = 1000;
  Pipeline& pipeline = start({options});
  // Decoded, each event has the name, which makes it larger than it was in the queue.
  const std::string name(200, 'x');
  const Logger log = pipeline.logger(name);
  for (int i = 0; i < 60'000; ++i) log.info("x");
  const auto most = static_cast<std::int64_t>(2 * MiB / name.size());
  EXPECT_FALSE(eventually([&] { return stats_of(pipeline, "web").in_flight > most; }, 100ms));
  EXPECT_GT(stats_of(pipeline, "web").in_flight, 0);
  (void)pipeline.stop(20ms);
}

TEST_F(TroubleTest, NothingIsReadForASinkThatIsPaused) {
  const FunctionSink sink([](std::size_t) { return WriteResult::retry("down", 1h); });
  SinkOptions options = sink.options("web");
  options.batch = {.max_events = 10, .linger = 60s};
  options.max_in_flight = 100;
  Pipeline& pipeline = start({options});
  const Logger log = pipeline.logger("x");
  for (int i = 0; i < 10; ++i) log.info("{}", i);
  ASSERT_TRUE(eventually([&] { return stats_of(pipeline, "web").state == SinkState::retrying; }));
  for (int i = 0; i < 500; ++i) log.info("{}", i);
  EXPECT_FALSE(eventually([&] { return stats_of(pipeline, "web").in_flight > 10; }, 50ms));
  EXPECT_EQ(stats_of(pipeline, "web").in_queue, 500);
  (void)pipeline.stop(20ms);
}

}  // namespace
}  // namespace penstock::test
