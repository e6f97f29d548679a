// SPDX-License-Identifier: Apache-2.0
// When a batch closes, and what is in it.
#include <gmock/gmock.h>

#include "support/options.hpp"
#include "support/pipeline_test.hpp"
#include "support/sinks.hpp"

namespace penstock::test {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::Le;

constexpr auto very_long = 60s;

class BatchingTest : public PipelineTest {
 protected:
  static SinkOptions with_batch(SinkOptions sink, BatchOptions batch) {
    sink.batch = batch;
    return sink;
  }
};

TEST_F(BatchingTest, ABatchClosesAtMaxEvents) {
  GateSink gate;
  Pipeline& pipeline = start({with_batch(gate.options("gate"), {.max_events = 10, .linger = 0ns})});
  const Logger log = pipeline.logger("x");
  log.info("first");
  ASSERT_TRUE(gate.wait_until_stuck());
  for (int i = 0; i < 25; ++i) log.info("{}", i);
  gate.open();
  ASSERT_TRUE(pipeline.flush(patience));
  EXPECT_THAT(gate.batches(), ElementsAre(1, 10, 10, 5));
  EXPECT_EQ(stats_of(pipeline, "gate").batches, 4);
}

TEST_F(BatchingTest, MaxEventsEndsALongLinger) {
  MemorySink seen;
  Pipeline& pipeline =
      start({with_batch(seen.options("memory"), {.max_events = 10, .linger = very_long})});
  for (int i = 0; i < 10; ++i) pipeline.logger("x").info("{}", i);
  EXPECT_TRUE(seen.wait_for(10, patience));
}

TEST_F(BatchingTest, ABatchClosesWithTheEventThatReachesMaxBytes) {
  GateSink gate;
  Pipeline& pipeline = start({with_batch(
      gate.options("gate"), {.max_events = 1000, .max_bytes = 16 * KiB, .linger = 0ns})});
  const Logger log = pipeline.logger("x");
  const std::string text(1000, 'x');
  log.info("first");
  ASSERT_TRUE(gate.wait_until_stuck());
  for (int i = 0; i < 100; ++i) log.info("{}", text);
  gate.open();
  ASSERT_TRUE(pipeline.flush(patience));
  EXPECT_THAT(gate.batches(), Each(Le(17u)));
  EXPECT_EQ(gate.events().size(), 101u);
}

TEST_F(BatchingTest, MaxBytesEndsALongLinger) {
  MemorySink seen;
  Pipeline& pipeline =
      start({with_batch(seen.options("memory"), {.max_bytes = 1 * KiB, .linger = very_long})});
  pipeline.logger("x").info("{}", std::string(2000, 'x'));
  EXPECT_TRUE(seen.wait_for(1, patience));
}

TEST_F(BatchingTest, NoLingerDeliversAtOnce) {
  MemorySink seen;
  Pipeline& pipeline = start({with_batch(seen.options("memory"), {.linger = 0ns})});
  for (std::size_t i = 1; i <= 20; ++i) {
    pipeline.logger("x").info("{}", i);
    ASSERT_TRUE(seen.wait_for(i, patience));
  }
}

TEST_F(BatchingTest, ALingerDeliversWithoutFurtherEvents) {
  MemorySink seen;
  Pipeline& pipeline = start({with_batch(seen.options("memory"), {.linger = 20ms})});
  const auto before = Clock::now();
  pipeline.logger("x").info("lonely");
  EXPECT_TRUE(seen.wait_for(1, patience));
  EXPECT_GE(Clock::now() - before, 15ms) << "it did not wait for others";
}

TEST_F(BatchingTest, ALongLingerIsEndedByFlush) {
  GateSink gate(GateSink::Gate::open);
  Pipeline& pipeline = start({with_batch(gate.options("gate"), {.linger = very_long})});
  const Logger log = pipeline.logger("x");
  for (int i = 0; i < 5; ++i) log.info("{}", i);
  EXPECT_TRUE(gate.batches().empty());
  ASSERT_TRUE(pipeline.flush(patience));
  EXPECT_THAT(gate.batches(), ElementsAre(5));
}

TEST_F(BatchingTest, ALongLingerIsEndedByStop) {
  MemorySink seen;
  Pipeline& pipeline = start({with_batch(seen.options("memory"), {.linger = very_long})});
  pipeline.logger("x").info("last");
  EXPECT_TRUE(pipeline.stop(patience).complete);
  EXPECT_EQ(seen.size(), 1u);
}

TEST_F(BatchingTest, ALingerIsNotMeasuredByTheEventsOwnTime) {
  MemorySink seen;
  Pipeline& pipeline = start({with_batch(seen.options("memory"), {.linger = 5ms})});
  const std::int64_t now = std::chrono::duration_cast<std::chrono::nanoseconds>(
                               std::chrono::system_clock::now().time_since_epoch())
                               .count();
  const std::int64_t hour = std::chrono::nanoseconds(1h).count();
  ASSERT_TRUE(pipeline.submit({.message = "from the future", .time_ns = now + hour}));
  EXPECT_TRUE(seen.wait_for(1, patience));
  ASSERT_TRUE(pipeline.submit({.message = "from the past", .time_ns = now - hour}));
  EXPECT_TRUE(seen.wait_for(2, patience));
  EXPECT_EQ(seen.events().at(0).time_ns, now + hour);
}

TEST_F(BatchingTest, ALongLingerDoesNotStarveOneProducer) {
  MemorySink seen;
  SinkOptions sink = tiny(seen.options("memory"));
  sink.batch.linger = very_long;
  Pipeline& pipeline = start({sink});
  const Logger log = pipeline.logger("x");
  const std::string text(500, 'x');
  for (int i = 0; i < 2000; ++i) log.info("{}", text);
  ASSERT_TRUE(pipeline.flush(patience));
  EXPECT_EQ(seen.size(), 2000u);
}

// Threads that have logged once hold an open block each; room is short long before their batch is
// due.
TEST_F(BatchingTest, ALongLingerDoesNotStarveManyProducers) {
  MemorySink seen;
  SinkOptions sink = tiny(seen.options("memory"));
  sink.batch.linger = very_long;
  Pipeline& pipeline = start({sink});
  Signal done;
  Threads threads;
  std::atomic<int> logged{0};
  threads.start(40, [&](std::size_t i) {
    pipeline.logger("x").info("{}", i);
    ++logged;
    EXPECT_TRUE(done.wait());
  });
  EXPECT_TRUE(eventually([&] { return logged == 40; }, 10s)) << logged << " of 40";
  done.set();
}

TEST_F(BatchingTest, EachSinkHasItsOwnBatches) {
  GateSink small(GateSink::Gate::closed);
  GateSink large(GateSink::Gate::closed);
  Pipeline& pipeline =
      start({with_batch(small.options("small"), {.max_events = 2, .linger = 0ns}),
             with_batch(large.options("large"), {.max_events = 100, .linger = 0ns})});
  const Logger log = pipeline.logger("x");
  log.info("first");
  ASSERT_TRUE(small.wait_until_stuck());
  ASSERT_TRUE(large.wait_until_stuck());
  for (int i = 0; i < 6; ++i) log.info("{}", i);
  small.open();
  large.open();
  ASSERT_TRUE(pipeline.flush(patience));
  EXPECT_THAT(small.batches(), ElementsAre(1, 2, 2, 2));
  EXPECT_THAT(large.batches(), ElementsAre(1, 6));
}

}  // namespace
}  // namespace penstock::test
