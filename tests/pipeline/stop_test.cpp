// SPDX-License-Identifier: Apache-2.0
// flush() and stop(): bounded, from any thread, at once and again; and what comes after.
#include <future>

#include "function_sink.hpp"
#include "support/options.hpp"
#include "support/pipeline_test.hpp"
#include "support/sinks.hpp"

namespace penstock::test {
namespace {

class StopTest : public PipelineTest {};

TEST_F(StopTest, FlushDeliversWhatWasAcceptedBefore) {
  MemorySink seen[2];
  SinkOptions slow = seen[1].options("slow");
  slow.batch.linger = 60s;
  Pipeline& pipeline = start({seen[0].options("quick"), slow});
  for (int i = 0; i < 1000; ++i) pipeline.logger("x").info("{}", i);
  ASSERT_TRUE(pipeline.flush(patience));
  EXPECT_EQ(seen[0].size(), 1000u);
  EXPECT_EQ(seen[1].size(), 1000u);
  EXPECT_TRUE(pipeline.stats().all_delivered());
}

TEST_F(StopTest, FlushFlushesTheSink) {
  const FaultySink sink;
  Pipeline& pipeline = start({sink.options("sink")});
  ASSERT_TRUE(pipeline.flush(patience));
  ASSERT_TRUE(pipeline.flush(patience));
  EXPECT_EQ(sink.calls(), (std::vector<std::string>{"open", "flush", "flush"}));
}

TEST_F(StopTest, FlushDeliversWhatOtherThreadsHaveLogged) {
  MemorySink seen;
  Pipeline& pipeline = start({seen.options("memory")});
  const Logger log = pipeline.logger("x");
  for (std::size_t round = 1; round <= 200; ++round) {
    std::thread([&] { log.info("{}", round); }).join();
    ASSERT_TRUE(pipeline.flush(patience));
    ASSERT_EQ(seen.size(), round);
  }
}

TEST_F(StopTest, ManyThreadsMayFlushAtOnceWhileOthersLog) {
  MemorySink seen;
  Pipeline& pipeline =
      start({seen.options("memory", Level::warning), tiny(CountingSink().options("all"))});
  std::atomic<bool> done{false};
  Threads loggers;
  loggers.start(2, [&](std::size_t) {
    const Logger log = pipeline.logger("noise");
    while (!done) log.info("noise");
  });
  {
    Threads flushers;
    flushers.start(4, [&](std::size_t i) {
      const Logger log = pipeline.logger("flusher");
      for (int n = 0; n < 25; ++n) {
        log.warning("{}:{}", i, n);
        EXPECT_TRUE(pipeline.flush(patience));
      }
    });
  }
  done = true;
  loggers.join();
  EXPECT_TRUE(pipeline.stop(patience).complete);
  EXPECT_EQ(seen.size(), 100u);
}

TEST_F(StopTest, FlushDoesNotWaitForWhatIsLoggedAfterwards) {
  Pipeline& pipeline = start({tiny(CountingSink().options("counting"))});
  std::atomic<bool> done{false};
  Threads threads;
  threads.start(2, [&](std::size_t) {
    const Logger log = pipeline.logger("x");
    while (!done) log.info("{}", 1);
  });
  for (int i = 0; i < 20; ++i) EXPECT_TRUE(pipeline.flush(patience));
  done = true;
}

TEST_F(StopTest, FlushOfAStuckSinkReturnsFalseInTime) {
  GateSink gate;
  Pipeline& pipeline = start({gate.options("gate")});
  pipeline.logger("x").info("stuck");
  ASSERT_TRUE(gate.wait_until_stuck());
  const auto before = Clock::now();
  EXPECT_FALSE(pipeline.flush(100ms));
  const auto took = Clock::now() - before;
  EXPECT_GE(took, 100ms);
  EXPECT_LT(took, 1s);
  EXPECT_FALSE(pipeline.flush(0ns));
  gate.open();
  EXPECT_TRUE(pipeline.flush(patience));
}

TEST_F(StopTest, FlushOfAnEmptyPipelineIsQuick) {
  Pipeline& pipeline = start({CountingSink().options("a"), CountingSink().options("b")});
  EXPECT_TRUE(pipeline.flush(patience));
}

TEST_F(StopTest, FlushAfterStopSaysWhetherAllWasDelivered) {
  Pipeline& done = start({CountingSink().options("a")});
  done.logger("x").info("1");
  EXPECT_TRUE(done.stop(patience).complete);
  EXPECT_TRUE(done.flush(patience));

  GateSink gate;
  Pipeline& left = start({gate.options("gate")});
  left.logger("x").info("1");
  ASSERT_TRUE(gate.wait_until_stuck());
  EXPECT_FALSE(left.stop(50ms).complete);
  EXPECT_FALSE(left.flush(50ms));
}

TEST_F(StopTest, StopDeliversEverythingThenClosesTheSink) {
  const FaultySink sink;
  Pipeline& pipeline = start({sink.options("sink")});
  for (int i = 0; i < 100; ++i) pipeline.logger("x").info("{}", i);
  const StopReport report = pipeline.stop(patience);
  EXPECT_TRUE(report.complete);
  EXPECT_TRUE(report.stats.all_delivered());
  EXPECT_EQ(report.stats.sinks.at(0).state, SinkState::stopped);
  EXPECT_EQ(sink.delivered().size(), 100u);
  const auto calls = sink.calls();
  EXPECT_EQ(calls.at(calls.size() - 2), "flush");
  EXPECT_EQ(calls.back(), "close");
}

void expect_same(const StopReport& a, const StopReport& b) {
  EXPECT_EQ(a.complete, b.complete);
  EXPECT_EQ(a.duration, b.duration);
  EXPECT_EQ(a.stats.accepted, b.stats.accepted);
  EXPECT_EQ(a.stats.sinks.at(0).delivered, b.stats.sinks.at(0).delivered);
  EXPECT_EQ(a.stats.sinks.at(0).in_queue, b.stats.sinks.at(0).in_queue);
}

TEST_F(StopTest, StopAgainGivesTheSameReport) {
  Pipeline& pipeline = start({CountingSink().options("a")});
  pipeline.logger("x").info("1");
  const StopReport first = pipeline.stop(patience);
  expect_same(first, pipeline.stop(patience));
  expect_same(first, pipeline.stop(0ns));
}

TEST_F(StopTest, SeveralThreadsThatStopAtOnceGetTheSameReport) {
  for (int round = 0; round < 20; ++round) {
    Pipeline& pipeline = start({CountingSink().options("a")});
    for (int i = 0; i < 100; ++i) pipeline.logger("x").info("{}", i);
    StopReport reports[4];
    Threads threads;
    threads.start(4, [&](std::size_t i) { reports[i] = pipeline.stop(patience); });
    threads.join();
    EXPECT_TRUE(reports[0].complete);
    EXPECT_EQ(reports[0].stats.accepted, 100);
    for (const StopReport& report : reports) expect_same(reports[0], report);
  }
}

TEST_F(StopTest, AHurriedStopDoesNotWaitForAPatientOne) {
  GateSink gate;
  Pipeline& pipeline = start({gate.options("gate")});
  pipeline.logger("x").info("stuck");
  ASSERT_TRUE(gate.wait_until_stuck());
  Threads threads;
  threads.start([&] { (void)pipeline.stop(patience); });
  const Logger log = pipeline.logger("x");
  ASSERT_TRUE(eventually([&] {
    log.info("is it stopping?");
    return pipeline.stats().refused_after_stop > 0;
  }));
  const auto before = Clock::now();
  const StopReport report = pipeline.stop(100ms);
  EXPECT_LT(Clock::now() - before, 5s);
  EXPECT_FALSE(report.complete);
  EXPECT_TRUE(adds_up(report.stats));
  gate.open();
}

TEST_F(StopTest, StopWithoutTimeReturnsAtOnce) {
  GateSink gate;
  Pipeline& pipeline = start({gate.options("gate")});
  pipeline.logger("x").info("stuck");
  ASSERT_TRUE(gate.wait_until_stuck());
  const auto before = Clock::now();
  EXPECT_FALSE(pipeline.stop(0ns).complete);
  EXPECT_LT(Clock::now() - before, 1s);
}

TEST_F(StopTest, WhatIsInFlightAfterAnIncompleteStopMayStillArriveAndNothingElse) {
  std::promise<void> stuck;
  std::promise<void> go_on;
  std::promise<void> closed;
  const FunctionSink sink({.write =
                               [&](std::size_t offer) {
                                 if (offer == 0) stuck.set_value();
                                 go_on.get_future().wait();
                                 return WriteResult::ok();
                               },
                           .close = [&](const FunctionSink&) { closed.set_value(); }});
  SinkOptions options = sink.options("sink");
  options.batch.max_events = 3;
  options.batch.linger = 1min;
  Pipeline& pipeline = start({options});
  const Logger log = pipeline.logger("x");
  for (int i = 0; i < 3; ++i) log.info("{}", i);
  ASSERT_EQ(stuck.get_future().wait_for(patience), std::future_status::ready);
  for (int i = 3; i < 10; ++i) log.info("{}", i);
  const StopReport report = pipeline.stop(20ms);
  EXPECT_FALSE(report.complete);
  EXPECT_EQ(report.stats.sinks[0].in_flight, 3);
  EXPECT_EQ(report.stats.sinks[0].in_queue, 7);
  go_on.set_value();
  ASSERT_EQ(closed.get_future().wait_for(patience), std::future_status::ready);
  ASSERT_EQ(sink.offers().size(), 1u);
  EXPECT_EQ(sink.offers()[0].messages, (std::vector<std::string>{"0", "1", "2"}));
}

TEST_F(StopTest, CallsAfterStopAreCounted) {
  Pipeline& pipeline = start({CountingSink().options("a")});
  const Logger log = pipeline.logger("x");
  log.info("before");
  (void)pipeline.stop(patience);
  log.info("after");
  log.with(field("a", 1)).error("after {}", 2);
  log.to({"a", "nowhere"}).error("after");
  pipeline.logger("made after").info("after");
  EXPECT_FALSE(pipeline.submit({.message = "after"}));
  std::thread([&] { log.info("after, from a new thread"); }).join();
  const PipelineStats stats = pipeline.stats();
  EXPECT_EQ(stats.accepted, 1);
  EXPECT_EQ(stats.refused_after_stop, 6);
  EXPECT_EQ(pipeline.stop(patience).stats.refused_after_stop, 6);
}

TEST_F(StopTest, EveryCallDuringStopIsAcceptedOrCounted) {
  for (int round = 0; round < 30; ++round) {
    const CountingSink sink;
    Pipeline& pipeline = start({tiny(sink.options("a"))});
    std::atomic<std::int64_t> calls{0};
    std::atomic<bool> done{false};
    Threads threads;
    threads.start(3, [&](std::size_t) {
      const Logger log = pipeline.logger("x");
      while (!done) {
        log.info("{}", 1);
        ++calls;
      }
    });
    ASSERT_TRUE(eventually([&] { return calls > 500; }));
    const StopReport report = pipeline.stop(patience);
    EXPECT_TRUE(adds_up(report.stats));
    done = true;
    threads.join();
    const PipelineStats stats = pipeline.stats();
    EXPECT_TRUE(adds_up(stats));
    EXPECT_EQ(stats.accepted + stats.refused_after_stop, calls);
    EXPECT_EQ(stats.sinks[0].delivered, static_cast<std::int64_t>(sink.count()));
    // A call that was under way when stop() began may come too late for the sinks; it is not lost
    // to the account.
    EXPECT_LE(stats.accepted - stats.sinks[0].delivered, 3);
  }
}

TEST_F(StopTest, LoggersOutliveTheirPipeline) {
  Logger log;
  {
    PipelineOptions options;
    options.sinks = {CountingSink().options("a")};
    Pipeline pipeline = Pipeline::start(std::move(options)).value();
    log = pipeline.logger("orphan").with(field("a", 1)).to({"a"});
    log.info("alive");
  }
  log.info("orphaned");
  log.tag("t").event("e").to({"a"}).with(field("b", 2)).error("orphaned");
  EXPECT_EQ(log.name(), "orphan");
}

TEST_F(StopTest, APipelineThatIsMovedOnToEndsTheOneThatWasThere) {
  const CountingSink first;
  const CountingSink second;
  PipelineOptions one;
  one.sinks = {first.options("a")};
  PipelineOptions two;
  two.sinks = {second.options("b")};
  Pipeline pipeline = Pipeline::start(std::move(one)).value();
  const Logger log = pipeline.logger("x");
  log.info("1");
  pipeline = Pipeline::start(std::move(two)).value();
  EXPECT_EQ(first.count(), 1u);
  log.info("to nobody");
  pipeline.logger("x").info("2");
  EXPECT_TRUE(pipeline.flush(patience));
  EXPECT_EQ(second.count(), 1u);
}

TEST_F(StopTest, TwentyPipelinesMayRunAtOnceInOneThread) {
  std::vector<CountingSink> sinks(20);
  std::vector<Logger> logs;
  std::vector<Pipeline*> pipelines;
  for (const CountingSink& sink : sinks) {
    pipelines.push_back(&start({sink.options("a")}));
    logs.push_back(pipelines.back()->logger("x"));
  }
  for (int round = 0; round < 50; ++round) {
    for (const Logger& log : logs) log.info("{}", round);
  }
  for (std::size_t i = 0; i < sinks.size(); ++i) {
    EXPECT_TRUE(pipelines[i]->flush(patience));
    EXPECT_EQ(sinks[i].count(), 50u);
    EXPECT_EQ(pipelines[i]->stats().memory_bytes, pipelines[0]->stats().memory_bytes);
  }
}

// A sink that logs to its own pipeline must not wait for itself.
TEST_F(StopTest, ASinkMayLogToItsOwnPipeline) {
  class Talkative final : public Sink {
   public:
    explicit Talkative(Logger& log) : log_(log) {}
    Status open(SinkContext&) override { return {}; }
    WriteResult write(const Batch& batch) override {
      for (const EventView& event : batch.events()) {
        if (event.logger == "sink") continue;
        for (int i = 0; i < 100; ++i) log_.info("{}", std::string(200, 'x'));
      }
      return WriteResult::ok();
    }

   private:
    Logger& log_;
  };
  Logger own;
  SinkOptions options = tiny(
      sink_options("talkative", "talkative", [&] { return std::make_unique<Talkative>(own); }));
  Pipeline& pipeline = start({options});
  own = pipeline.logger("sink");
  const Logger log = pipeline.logger("app");
  for (int i = 0; i < 200; ++i) log.info("{}", i);
  EXPECT_TRUE(pipeline.flush(patience));
}

}  // namespace
}  // namespace penstock::test
