// SPDX-License-Identifier: Apache-2.0
// Memory is bounded in bytes, and a sink that is stuck changes nothing for the others.
#include <latch>

#include "support/options.hpp"
#include "support/pipeline_test.hpp"
#include "support/sinks.hpp"

namespace penstock::test {
namespace {

// The bound of the smallest queue and an open block of each thread.
constexpr std::int64_t bound_with(std::int64_t threads) {
  return static_cast<std::int64_t>(smallest_queue + 4 * KiB) + (threads - 1) * 4096;
}
// The same as memory: each block of 4 KiB or more has a header.
constexpr std::int64_t memory_of(std::int64_t bytes) { return bytes + bytes / 4096 * 128; }
// A thread may also have sealed a block that takes no room, for it was read to its end while open.
constexpr std::int64_t memory_with(std::int64_t threads) {
  return memory_of(bound_with(threads) + threads * 4096);
}

class BoundTest : public PipelineTest, public ::testing::WithParamInterface<WhenFull> {
 protected:
  SinkOptions stuck_sink(const GateSink& gate) const {
    SinkOptions sink = tiny(gate.options("stuck"), GetParam());
    sink.block_timeout = 1ms;
    return sink;
  }
};

std::string name_of(const ::testing::TestParamInfo<WhenFull>& info) {
  switch (info.param) {
    case WhenFull::block:
      return "Block";
    case WhenFull::drop_newest:
      return "DropNewest";
    case WhenFull::drop_oldest:
      return "DropOldest";
  }
  return "Unknown";
}
INSTANTIATE_TEST_SUITE_P(WhenFull, BoundTest,
                         ::testing::Values(WhenFull::block, WhenFull::drop_newest,
                                           WhenFull::drop_oldest),
                         name_of);

TEST_P(BoundTest, AStuckSinksQueueStaysWithinItsBound) {
  GateSink gate;
  Pipeline& pipeline = start({stuck_sink(gate)});
  const Logger log = pipeline.logger("x");
  const std::string text(200, 'x');
  for (std::size_t i = 0; i < 20'000; ++i) {
    log.info("{} {}", i, std::string_view(text).substr(0, i % 200));
  }
  ASSERT_TRUE(gate.wait_until_stuck());
  const PipelineStats stats = pipeline.stats();
  EXPECT_TRUE(adds_up(stats));
  EXPECT_EQ(stats.accepted, 20'000);
  EXPECT_GT(stats.sinks[0].dropped_total(), 10'000);
  EXPECT_LE(stats.sinks[0].queue_bytes_high, bound_with(1));
  EXPECT_GE(stats.sinks[0].queue_bytes_high, static_cast<std::int64_t>(smallest_queue) / 2);
  EXPECT_LE(stats.memory_bytes, memory_with(1));
}

TEST_P(BoundTest, ManyThreadsStayWithinTheBoundAndABlockEach) {
  GateSink gate;
  Pipeline& pipeline = start({stuck_sink(gate)});
  const Logger log = pipeline.logger("x");
  constexpr std::size_t thread_count = 8;
  Threads threads;
  threads.start(thread_count, [&](std::size_t) {
    std::string text;
    for (int i = 0; i < 2'000; ++i) {
      text.assign(static_cast<std::size_t>(i * 37 % 2000), 'x');
      log.info("{} {}", i, text);
    }
  });
  threads.join();
  const PipelineStats stats = pipeline.stats();
  EXPECT_TRUE(adds_up(stats));
  EXPECT_LE(stats.sinks[0].queue_bytes_high, bound_with(thread_count));
  EXPECT_LE(stats.memory_bytes, memory_with(thread_count));
}

// Small blocks are no use for a thread that fills large ones: they must not be kept beside those.
TEST_P(BoundTest, MemoryStaysWithinTheBoundWhenTheSizeOfBlocksChanges) {
  GateSink gate;
  SinkOptions sink = stuck_sink(gate);
  sink.queue.max_bytes = 1 * MiB;
  Pipeline& pipeline = start({sink});
  const Logger log = pipeline.logger("x");
  const std::string text(3'000, 'x');
  for (int i = 0; i < 200; ++i) std::thread([&] { log.info("{}", text); }).join();
  gate.open();
  ASSERT_TRUE(pipeline.flush(patience));
  gate.close();
  log.info("stuck");
  ASSERT_TRUE(gate.wait_until_stuck());
  for (int i = 0; i < 1'000; ++i) log.info("{}", text);
  EXPECT_LE(pipeline.stats().memory_bytes,
            memory_of(static_cast<std::int64_t>(1 * MiB + 64 * KiB)));
}

TEST_P(BoundTest, AStuckSinkChangesNothingForItsSiblings) {
  GateSink gate;
  MemorySink seen;
  Pipeline& pipeline = start({stuck_sink(gate), seen.options("sibling")});
  const Logger log = pipeline.logger("x");
  for (std::size_t i = 1; i <= 20'000; ++i) {
    log.info("{}", i);
    if (i % 1000 == 0) {
      ASSERT_TRUE(seen.wait_for(i, patience));
    }
  }
  EXPECT_TRUE(eventually([&] { return stats_of(pipeline, "sibling").delivered == 20'000; }));
  const SinkStats sibling = stats_of(pipeline, "sibling");
  EXPECT_EQ(sibling.dropped_total(), 0);
  EXPECT_GT(stats_of(pipeline, "stuck").dropped_total(), 0);
}

TEST_P(BoundTest, WhatWasDroppedIsDroppedAndTheRestArrives) {
  GateSink gate;
  Pipeline& pipeline = start({stuck_sink(gate)});
  const Logger log = pipeline.logger("x");
  for (int i = 0; i < 10'000; ++i) log.info("{}", i);
  gate.open();
  ASSERT_TRUE(pipeline.flush(patience));
  const SinkStats stats = stats_of(pipeline, "stuck");
  EXPECT_EQ(stats.delivered + stats.dropped_total(), 10'000);
  EXPECT_EQ(gate.events().size(), static_cast<std::size_t>(stats.delivered));
  EXPECT_EQ(stats.in_queue + stats.in_flight, 0);
  EXPECT_EQ(stats_of(pipeline, "stuck").filtered, 0);
}

TEST_P(BoundTest, AProducerThatWasRefusedIsServedAgainWhileOthersAreBusy) {
  GateSink gate;
  Pipeline& pipeline = start({stuck_sink(gate)});
  const Logger log = pipeline.logger("x");
  // A neighbour keeps a block open and busy, without filling the queue by itself.
  std::atomic<bool> done{false};
  Threads threads;
  threads.start([&] {
    while (!done) {
      for (int i = 0; i < 20; ++i) log.info("neighbour");
      (void)pipeline.flush(patience);
    }
  });
  for (int i = 0; i < 10'000; ++i) log.info("{}", i);
  gate.open();
  ASSERT_TRUE(pipeline.flush(patience));
  log.info("again");
  EXPECT_TRUE(pipeline.flush(patience));
  done = true;
  threads.join();
  const auto messages = messages_of(gate.events());
  EXPECT_EQ(std::count(messages.begin(), messages.end(), "again"), 1);
}

// Also of threads that have not logged since, each with a block of its own that the sink went
// without.
TEST_P(BoundTest, TheFirstEventAfterRoomWasMadeArrives) {
  GateSink gate;
  Pipeline& pipeline = start({stuck_sink(gate)});
  const Logger log = pipeline.logger("x");
  constexpr std::ptrdiff_t thread_count = 6;
  std::latch filled{1};
  std::latch refused{thread_count};
  std::latch room{1};
  Threads threads;
  threads.start(thread_count, [&](std::size_t) {
    filled.wait();
    log.info("refused, or kept in place of an older one");
    refused.count_down();
    room.wait();
    log.info("first after");
  });
  for (int i = 0; i < 10'000; ++i) log.info("{}", i);
  filled.count_down();
  refused.wait();
  gate.open();
  const bool flushed = pipeline.flush(patience);
  room.count_down();
  threads.join();
  EXPECT_TRUE(flushed);
  ASSERT_TRUE(pipeline.flush(patience));
  const auto messages = messages_of(gate.events());
  EXPECT_EQ(std::count(messages.begin(), messages.end(), "first after"), thread_count);
}

TEST_P(BoundTest, AProducerThatWasRefusedIsServedAgainWhenAllIsIdle) {
  GateSink gate;
  Pipeline& pipeline = start({stuck_sink(gate)});
  const Logger log = pipeline.logger("x");
  std::thread([&] {
    for (int i = 0; i < 10'000; ++i) log.info("{}", i);
  }).join();
  log.info("refused");  // this thread's block is one that the sink did not get
  gate.open();
  ASSERT_TRUE(pipeline.flush(patience));
  log.info("first after");
  ASSERT_TRUE(pipeline.flush(patience));
  EXPECT_EQ(messages_of(gate.events()).back(), "first after");
}

// ---- block --------------------------------------------------------------------------------------

class BlockTest : public PipelineTest {};

TEST_F(BlockTest, TheProducerWaitsAndGoesOnAndNothingIsLost) {
  GateSink gate;
  Pipeline& pipeline = start({tiny(gate.options("gate"))});
  const Logger log = pipeline.logger("x");
  std::atomic<int> logged{0};
  Threads threads;
  threads.start([&] {
    for (; logged < 20'000; ++logged) log.info("{}", logged.load());
  });
  ASSERT_TRUE(gate.wait_until_stuck());
  int before = -1;
  ASSERT_TRUE(eventually([&] {
    const SinkStats stats = stats_of(pipeline, "gate");
    const bool full = stats.queue_bytes >= static_cast<std::int64_t>(smallest_queue) * 3 / 4;
    const bool still = full && logged == before;
    before = logged;
    return still;
  }));
  EXPECT_LT(logged, 20'000);
  gate.open();
  threads.join();
  ASSERT_TRUE(pipeline.flush(patience));
  EXPECT_EQ(gate.events().size(), 20'000u);
  EXPECT_EQ(stats_of(pipeline, "gate").dropped_total(), 0);
}

TEST_F(BlockTest, AfterTheTimeoutEventsAreDroppedWithoutFurtherWaiting) {
  GateSink gate;
  SinkOptions sink = tiny(gate.options("gate"));
  sink.block_timeout = 300ms;
  Pipeline& pipeline = start({sink});
  const Logger log = pipeline.logger("x");
  const auto before = Clock::now();
  for (int i = 0; i < 50'000; ++i) log.info("{}", i);
  const auto took = Clock::now() - before;
  EXPECT_GE(took, 300ms);
  EXPECT_LT(took, 5s) << "it waited again and again";
  const SinkStats stats = stats_of(pipeline, "gate");
  EXPECT_GT(dropped(stats, DropReason::block_timeout), 0);
  EXPECT_EQ(stats.dropped_total(), dropped(stats, DropReason::block_timeout));
}

TEST_F(BlockTest, AWaitingProducerIsLetGoByStop) {
  GateSink gate;
  Pipeline& pipeline = start({tiny(gate.options("gate"))});
  const Logger log = pipeline.logger("x");
  std::atomic<int> calls{0};
  Threads threads;
  threads.start([&] {
    for (; calls < 10'000; ++calls) log.info("{}", calls.load());
  });
  ASSERT_TRUE(gate.wait_until_stuck());
  ASSERT_TRUE(eventually([&] {
    return stats_of(pipeline, "gate").queue_bytes >=
           static_cast<std::int64_t>(smallest_queue) * 3 / 4;
  }));
  const StopReport report = pipeline.stop(100ms);
  EXPECT_FALSE(report.complete);
  threads.join();
  const PipelineStats stats = pipeline.stats();
  EXPECT_EQ(stats.accepted + stats.refused_after_stop, 10'000);
}

TEST_F(BlockTest, ManyWaitingProducersAllGoOn) {
  GateSink gate;
  Pipeline& pipeline = start({tiny(gate.options("gate"))});
  const Logger log = pipeline.logger("x");
  Threads threads;
  threads.start(16, [&](std::size_t i) {
    const std::string text(300, 'x');
    for (int n = 0; n < 300; ++n) log.info("{} {} {}", i, n, text);
  });
  ASSERT_TRUE(gate.wait_until_stuck());
  gate.open();
  threads.join();
  ASSERT_TRUE(pipeline.flush(patience));
  EXPECT_EQ(stats_of(pipeline, "gate").delivered, 16 * 300);
}

// ---- the pipeline's bound -----------------------------------------------------------------------

TEST_F(BlockTest, ThePipelinesBoundIsSharedByItsSinks) {
  GateSink a;
  GateSink b;
  PipelineOptions options;
  SinkOptions one = tiny(a.options("one"), WhenFull::drop_newest);
  one.queue.max_bytes = 3 * MiB;
  SinkOptions two = tiny(b.options("two"), WhenFull::drop_newest);
  two.queue.max_bytes = 1 * MiB;
  options.sinks = {one, two};
  options.max_bytes = 1 * MiB;
  Pipeline& pipeline = start(std::move(options));
  const Logger log = pipeline.logger("x");
  const std::string text(500, 'x');
  for (int i = 0; i < 20'000; ++i) log.info("{}", text);
  const auto high_of = [&](std::string_view sink) {
    return static_cast<std::uint64_t>(stats_of(pipeline, sink).queue_bytes_high);
  };
  // The bound, and this thread's open block, which may be given back and taken again.
  const std::uint64_t open_block = 64 * KiB;
  EXPECT_LE(high_of("one"), 768 * KiB + open_block);
  EXPECT_GE(high_of("one"), 600 * KiB);
  EXPECT_LE(high_of("two"), 256 * KiB + open_block);
  EXPECT_GE(high_of("two"), 180 * KiB);
}

}  // namespace
}  // namespace penstock::test
