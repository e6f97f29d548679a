// SPDX-License-Identifier: Apache-2.0
// flush() waits for what came before it, for every sink that can be flushed, and for nothing else;
// one that timed out has changed nothing.
#include <atomic>
#include <memory>
#include <string>
#include <thread>

#include "answer_fixture.hpp"
#include "function_sink.hpp"

namespace penstock::test {
namespace {

class FlushTest : public AnswerTest {};

// Logs from another thread, without a pause, until the end of the scope.
class Flood {
 public:
  explicit Flood(Pipeline& pipeline) {
    threads_.start([this, log = pipeline.logger("flood")] {
      for (std::uint64_t i = 0; !done_; ++i) log.info("order {} done", i);
    });
  }
  ~Flood() { done_ = true; }

 private:
  std::atomic<bool> done_{false};
  Threads threads_{};
};

// ---- while others log ---------------------------------------------------------------------------

// What is there when it is called is delivered in a tenth of that.
constexpr auto long_enough = 5s;

TEST_F(FlushTest, FlushReturnsWhileAThreadLogsAsFastAsItCan) {
  for (const WhenFull when_full : {WhenFull::block, WhenFull::drop_newest}) {
    const CountingSink sink;
    SinkOptions options = sink.options("counting");
    options.queue.max_bytes = 16 * MiB;
    options.when_full = when_full;
    Pipeline& pipeline = start({options});
    const Flood flood(pipeline);
    ASSERT_TRUE(eventually([&] { return sink.count() > 10'000; }));
    for (int i = 0; i < 3; ++i) ASSERT_TRUE(pipeline.flush(long_enough));
  }
}

TEST_F(FlushTest, FlushReturnsWhileASinkHasMoreToDoThanItCan) {
  const FunctionSink sink([](std::size_t) {
    std::this_thread::sleep_for(1ms);  // it is slow, that is all
    return WriteResult::ok();
  });
  SinkOptions options = tiny(sink.options("slow"), WhenFull::drop_newest);
  options.batch.max_events = 100;
  Pipeline& pipeline = start({options});
  const Flood flood(pipeline);
  ASSERT_TRUE(eventually([&] { return stats_of(pipeline, "slow").dropped_total() > 0; }));
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(pipeline.flush(long_enough));
}

TEST_F(FlushTest, WhatWasLoggedBeforeTheFlushIsDeliveredWhenItReturnsWhileOthersLog) {
  MemorySink seen;
  SinkOptions all = CountingSink().options("all");
  all.queue.max_bytes = MiB;
  Pipeline& pipeline = start({all, seen.options("warnings", Level::warning)});
  const Flood flood(pipeline);
  const Logger log = pipeline.logger("x");
  for (std::size_t i = 1; i <= 10; ++i) {
    log.warning("{}", i);
    ASSERT_TRUE(pipeline.flush(patience));
    ASSERT_EQ(seen.size(), i);
  }
}

// ---- a flush that timed out ---------------------------------------------------------------------

TEST_F(FlushTest, AfterAFlushThatTimedOutLaterEventsAreDeliveredPastAPendingBatch) {
  const FunctionSink sink(
      [](std::size_t offer) { return offer == 0 ? WriteResult::pending() : WriteResult::ok(); });
  SinkOptions options = sink.options("web");
  options.max_in_flight = 10;
  Pipeline& pipeline = start({options});
  const Logger log = pipeline.logger("x");
  const auto delivered = [&](std::int64_t count) {
    return eventually([&] { return stats_of(pipeline, "web").delivered == count; });
  };
  log.info("never answered");
  ASSERT_TRUE(sink.wait_for(1));
  for (int i = 0; i < 5; ++i) log.info("{}", i);
  ASSERT_TRUE(delivered(5));
  EXPECT_FALSE(pipeline.flush(20ms));
  for (int i = 0; i < 5; ++i) log.info("{}", i);
  EXPECT_TRUE(delivered(10));
  EXPECT_FALSE(pipeline.flush(1ms)) << "and the next one waits for the same answer";
  sink.settle(0, WriteResult::ok());
  EXPECT_TRUE(pipeline.flush(patience));
  EXPECT_EQ(stats_of(pipeline, "web").delivered, 11);
}

TEST_F(FlushTest, AfterAFlushThatTimedOutEventsOfAClosedSinkExpireAndNobodyWaits) {
  FaultySink sink({{.kind = Kind::fatal}});
  SinkOptions options = quick(tiny(sink.options("closed")));
  options.retry.expire_after = 5ms;
  options.block_timeout = 1s;
  Pipeline& pipeline = start({options});
  sink.fail_opens(1'000'000);
  const Logger log = pipeline.logger("x");
  log.info("first");
  ASSERT_TRUE(
      eventually([&] { return dropped(stats_of(pipeline, "closed"), DropReason::expired) == 1; }));
  EXPECT_FALSE(pipeline.flush(20ms)) << "a sink that is closed cannot be flushed";
  for (int i = 0; i < 3000; ++i) log.info("{}", i);
  EXPECT_EQ(dropped(stats_of(pipeline, "closed"), DropReason::block_timeout), 0);
  EXPECT_TRUE(eventually(
      [&] { return dropped(stats_of(pipeline, "closed"), DropReason::expired) == 3001; }));
  (void)pipeline.stop(50ms);
}

// ---- one sink and the others --------------------------------------------------------------------

TEST_F(FlushTest, ASinkThatHangsDoesNotKeepASinkForDeadLettersFromBeingFlushed) {
  const auto flushes = std::make_shared<std::atomic<int>>(0);
  const FunctionSink file({.flush = [flushes] {
    ++*flushes;
    return Status();
  }});
  const Hang hang;
  const FunctionSink hung([call = hang.call()](std::size_t) {
    call();
    return WriteResult::ok();
  });
  SinkOptions letters = file.options("file");
  letters.batch.linger = 60s;
  SinkOptions web = CountingSink().options("web");
  web.dead_letter = "file";
  Pipeline& pipeline = start({letters, hung.options("hung"), web});
  pipeline.logger("x").info("a");
  ASSERT_TRUE(hang.wait_until_begun());
  bool good = false;
  Threads threads;
  threads.start([&] { good = pipeline.flush(patience); });
  EXPECT_TRUE(eventually([&] { return *flushes == 1; }, 5s));
  EXPECT_EQ(stats_of(pipeline, "file").delivered, 1);
  hang.end();
  threads.join();
  EXPECT_TRUE(good);
}

}  // namespace
}  // namespace penstock::test
