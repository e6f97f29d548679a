// SPDX-License-Identifier: Apache-2.0
// Several batches in flight: in which order they are offered, and what becomes of the others when
// one fails.
#include <string>

#include "answer_fixture.hpp"
#include "function_sink.hpp"

namespace penstock::test {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;

class DeliveryTest : public AnswerTest {
 protected:
  // Batches of two; the test settles each offer.
  SinkOptions pending(std::uint32_t max_in_flight) const {
    SinkOptions options = quick(sink_.options("pending"));
    options.batch.max_events = 2;
    options.max_in_flight = max_in_flight;
    return options;
  }
  // Six events in three batches.
  Pipeline& start_with_six(std::uint32_t max_in_flight) {
    SinkOptions options = pending(max_in_flight);
    options.batch.linger = 60s;
    Pipeline& pipeline = start({options});
    const Logger log = pipeline.logger("x");
    for (int i = 0; i < 6; ++i) log.info("{}", i);
    EXPECT_FALSE(pipeline.flush(0ns));
    return pipeline;
  }
  int opens_ = 0;
  FunctionSink sink_{{.open =
                          [this] {
                            ++opens_;
                            return Status();
                          },
                      .write = [](std::size_t) { return WriteResult::pending(); }}};
};

TEST_F(DeliveryTest, AsManyBatchesArePendingAsMaxInFlightSays) {
  Pipeline& pipeline = start_with_six(2);
  ASSERT_TRUE(sink_.wait_for(2));
  EXPECT_EQ(stats_of(pipeline, "pending").in_flight, 4);
  sink_.settle(0, WriteResult::ok());
  ASSERT_TRUE(sink_.wait_for(3));
  EXPECT_EQ(sink_.offers().size(), 3u);
  EXPECT_EQ(stats_of(pipeline, "pending").delivered, 2);
  sink_.settle(2, WriteResult::ok());
  sink_.settle(1, WriteResult::ok());
  ASSERT_TRUE(pipeline.flush(patience));
  EXPECT_EQ(stats_of(pipeline, "pending").delivered, 6);
}

TEST_F(DeliveryTest, AnswersMayComeInAnyOrder) {
  Pipeline& pipeline = start_with_six(3);
  ASSERT_TRUE(sink_.wait_for(3));
  for (const std::size_t offer : {2u, 0u, 1u}) {
    sink_.settle(offer, WriteResult::ok());
    EXPECT_TRUE(adds_up(pipeline.stats()));
  }
  ASSERT_TRUE(pipeline.flush(patience));
  EXPECT_EQ(stats_of(pipeline, "pending").delivered, 6);
}

TEST_F(DeliveryTest, NothingNewIsOfferedWhileABatchHasToBeOfferedAgain) {
  Pipeline& pipeline = start_with_six(2);
  ASSERT_TRUE(sink_.wait_for(2));
  sink_.settle(0, WriteResult::retry("later"));
  ASSERT_TRUE(sink_.wait_for(3));
  EXPECT_THAT(sink_.offers()[2].messages, ElementsAre("0", "1"));
  EXPECT_EQ(sink_.offers()[2].id, sink_.offers()[0].id);
  EXPECT_EQ(sink_.offers()[2].attempt, 2u);
  EXPECT_NE(sink_.offers()[2].token, sink_.offers()[0].token);
  sink_.settle(1, WriteResult::ok());
  EXPECT_TRUE(eventually([&] { return stats_of(pipeline, "pending").delivered == 2; }));
  EXPECT_EQ(sink_.offers().size(), 3u) << "events 4 and 5 wait behind 0 and 1";
  sink_.settle(2, WriteResult::ok());
  ASSERT_TRUE(sink_.wait_for(4));
  EXPECT_THAT(sink_.offers()[3].messages, ElementsAre("4", "5"));
  sink_.settle(3, WriteResult::ok());
  ASSERT_TRUE(pipeline.flush(patience));
}

TEST_F(DeliveryTest, BatchesThatFailTogetherAreOfferedAgainInOrder) {
  Pipeline& pipeline = start_with_six(3);
  ASSERT_TRUE(sink_.wait_for(3));
  for (const std::size_t offer : {2u, 1u, 0u}) sink_.settle(offer, WriteResult::retry("later"));
  for (std::size_t next = 3; next < 6; ++next) {
    ASSERT_TRUE(sink_.wait_for(next + 1));
    EXPECT_EQ(sink_.offers()[next].id, sink_.offers()[next - 3].id);
    sink_.settle(next, WriteResult::ok());
  }
  ASSERT_TRUE(pipeline.flush(patience));
  EXPECT_EQ(sink_.offers().size(), 6u);
}

TEST_F(DeliveryTest, AfterFatalAllThatIsNotSettledIsOfferedAgainInOrder) {
  Pipeline& pipeline = start_with_six(3);
  ASSERT_TRUE(sink_.wait_for(3));
  sink_.settle(1, WriteResult::fatal("gone"));
  for (std::size_t next = 3; next < 6; ++next) {
    ASSERT_TRUE(sink_.wait_for(next + 1));
    EXPECT_EQ(sink_.offers()[next].id, sink_.offers()[next - 3].id);
    sink_.settle(0, WriteResult::ok());  // an answer to an offer from before: it does not count
    sink_.settle(next, WriteResult::ok());
  }
  ASSERT_TRUE(pipeline.flush(patience));
  EXPECT_EQ(opens_, 2);
  EXPECT_EQ(stats_of(pipeline, "pending").delivered, 6);
}

TEST_F(DeliveryTest, AnOpenBreakerLetsOneBatchThroughAsAProbe) {
  SinkOptions options = pending(3);
  options.batch.linger = 60s;
  options.retry.breaker_failures = 1;
  Pipeline& pipeline = start({options});
  const Logger log = pipeline.logger("x");
  for (int i = 0; i < 2; ++i) log.info("{}", i);
  ASSERT_TRUE(sink_.wait_for(1));
  sink_.settle(0, WriteResult::fatal("gone"));
  for (int i = 2; i < 6; ++i) log.info("{}", i);
  ASSERT_TRUE(sink_.wait_for(2));
  EXPECT_EQ(stats_of(pipeline, "pending").breaker, BreakerState::half_open);
  EXPECT_TRUE(eventually([&] { return stats_of(pipeline, "pending").in_flight == 4; }));
  EXPECT_EQ(sink_.offers().size(), 2u);
  sink_.settle(1, WriteResult::ok());
  ASSERT_TRUE(sink_.wait_for(4));
  EXPECT_EQ(stats_of(pipeline, "pending").breaker, BreakerState::closed);
  sink_.settle(2, WriteResult::ok());
  sink_.settle(3, WriteResult::ok());
  ASSERT_TRUE(pipeline.flush(patience));
}

TEST_F(DeliveryTest, ABadEventOfAPendingBatchIsFoundWhileOthersArePending) {
  Pipeline& pipeline = start_with_six(2);
  ASSERT_TRUE(sink_.wait_for(2));
  sink_.settle(0, WriteResult::reject("bad"));
  ASSERT_TRUE(sink_.wait_for(3));
  EXPECT_THAT(sink_.offers()[2].messages, ElementsAre("0"));
  sink_.settle(2, WriteResult::ok());  // so it is event 1 that is bad
  sink_.settle(1, WriteResult::ok());
  ASSERT_TRUE(sink_.wait_for(4));
  sink_.settle(3, WriteResult::ok());
  ASSERT_TRUE(pipeline.flush(patience));
  EXPECT_EQ(dropped(stats_of(pipeline, "pending"), DropReason::rejected), 1);
}

TEST_F(DeliveryTest, ASinkThatSendsOneByOneMayRefuseSomeAndAskForTheRestAgain) {
  SinkOptions options = pending(1);
  options.batch = {.max_events = 6, .linger = 60s};
  Pipeline& pipeline = start({options});
  for (int i = 0; i < 6; ++i) pipeline.logger("x").info("{}", i);
  EXPECT_FALSE(pipeline.flush(0ns));
  ASSERT_TRUE(sink_.wait_for(1));
  sink_.settle(0, WriteResult::retry("busy", 1ns, 4, {1, 3, 3, 99}));
  ASSERT_TRUE(sink_.wait_for(2));
  EXPECT_THAT(sink_.offers()[1].messages, ElementsAre("4", "5"));
  sink_.settle(1, WriteResult::ok());
  ASSERT_TRUE(pipeline.flush(patience));
  const SinkStats stats = stats_of(pipeline, "pending");
  EXPECT_EQ(stats.delivered, 4);
  EXPECT_EQ(dropped(stats, DropReason::rejected), 2);
}

TEST_F(DeliveryTest, BlocksStayUntilAllBeforeThemIsSettled) {
  SinkOptions options = tiny(pending(4));
  options.batch.max_events = 1;
  Pipeline& pipeline = start({options});
  const std::string large(3'000, 'x');
  for (int i = 0; i < 4; ++i) pipeline.logger("x").info("{}", large);
  ASSERT_TRUE(sink_.wait_for(4));
  for (const std::size_t offer : {3u, 2u, 1u}) sink_.settle(offer, WriteResult::ok());
  EXPECT_TRUE(eventually([&] { return stats_of(pipeline, "pending").delivered == 3; }));
  EXPECT_GE(stats_of(pipeline, "pending").queue_bytes, 3 * 4096);
  sink_.settle(0, WriteResult::ok());
  ASSERT_TRUE(pipeline.flush(patience));
  EXPECT_LE(stats_of(pipeline, "pending").queue_bytes, 4096);
}

// ---- a call that does not return ----------------------------------------------------------------

TEST_F(DeliveryTest, ACallThatTakesTooLongMakesTheSinkStuckAndThatPasses) {
  GateSink gate;
  SinkOptions options = gate.options("gate");
  options.call_timeout = 5ms;
  Pipeline& pipeline = start({options, CountingSink().options("other")});
  pipeline.logger("x").info("a");
  ASSERT_TRUE(gate.wait_until_stuck());
  EXPECT_TRUE(eventually([&] { return stats_of(pipeline, "gate").state == SinkState::stuck; }));
  EXPECT_EQ(stats_of(pipeline, "other").state, SinkState::running);
  EXPECT_THAT(stats_of(pipeline, "gate").last_error, ::testing::HasSubstr("longer than 0.005 s"));
  EXPECT_FALSE(pipeline.flush(10ms));
  gate.open();
  ASSERT_TRUE(pipeline.flush(patience));
  EXPECT_EQ(stats_of(pipeline, "gate").state, SinkState::running);
  EXPECT_EQ(stats_of(pipeline, "gate").last_error, "");
}

}  // namespace
}  // namespace penstock::test
