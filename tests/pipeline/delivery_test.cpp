// SPDX-License-Identifier: Apache-2.0
// Several batches in flight: in which order they are offered, and what becomes of the others when
// one fails.
#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "answer_fixture.hpp"

namespace penstock::test {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;

// Answers nothing by itself: the test settles each offer.
class PendingSink {
 public:
  struct Offer {
    std::uint64_t token;
    std::uint64_t id;
    std::uint32_t attempt;
    std::vector<std::string> messages;
  };

  SinkOptions options(std::uint32_t max_in_flight) const {
    SinkOptions options = sink_options(
        "pending", "pending", [state = state_] { return std::make_unique<Writer>(state); });
    options.batch.max_events = 2;
    options.max_in_flight = max_in_flight;
    options.retry.min_backoff = 1ms;
    options.retry.max_backoff = 2ms;
    return options;
  }
  [[nodiscard]] bool wait_for(std::size_t offers) const {
    std::unique_lock lock(state_->mutex);
    return state_->changed.wait_for(lock, patience,
                                    [&] { return state_->offers.size() >= offers; });
  }
  std::vector<Offer> offers() const {
    std::lock_guard lock(state_->mutex);
    return state_->offers;
  }
  void settle(std::size_t offer, WriteResult result) const {
    SinkContext* context = nullptr;
    std::uint64_t token = 0;
    {
      std::lock_guard lock(state_->mutex);
      context = state_->context;
      token = state_->offers.at(offer).token;
    }
    context->settle(token, std::move(result));
  }
  int opens() const {
    std::lock_guard lock(state_->mutex);
    return state_->opens;
  }

 private:
  struct State {
    std::mutex mutex{};
    std::condition_variable changed{};
    std::vector<Offer> offers{};
    SinkContext* context = nullptr;
    int opens = 0;
  };
  class Writer final : public Sink {
   public:
    explicit Writer(std::shared_ptr<State> state) : state_(std::move(state)) {}
    Status open(SinkContext& context) override {
      std::lock_guard lock(state_->mutex);
      state_->context = &context;
      ++state_->opens;
      return {};
    }
    WriteResult write(const Batch& batch) override {
      std::vector<std::string> messages;
      for (const EventView& event : batch.events()) messages.emplace_back(event.message);
      {
        std::lock_guard lock(state_->mutex);
        state_->offers.push_back({batch.token(), batch.id(), batch.attempt(), messages});
      }
      state_->changed.notify_all();
      return WriteResult::pending();
    }

   private:
    std::shared_ptr<State> state_;
  };
  std::shared_ptr<State> state_ = std::make_shared<State>();
};

class DeliveryTest : public AnswerTest {
 protected:
  // Six events in three batches of two.
  Pipeline& start_with_six(std::uint32_t max_in_flight) {
    SinkOptions options = sink_.options(max_in_flight);
    options.batch.linger = 60s;
    Pipeline& pipeline = start({options});
    const Logger log = pipeline.logger("x");
    for (int i = 0; i < 6; ++i) log.info("{}", i);
    EXPECT_FALSE(pipeline.flush(0ns));
    return pipeline;
  }
  PendingSink sink_{};
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
  EXPECT_EQ(sink_.opens(), 2);
  EXPECT_EQ(stats_of(pipeline, "pending").delivered, 6);
}

TEST_F(DeliveryTest, AnOpenBreakerLetsOneBatchThroughAsAProbe) {
  SinkOptions options = sink_.options(3);
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
  SinkOptions options = sink_.options(1);
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
  SinkOptions options = tiny(sink_.options(4));
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
