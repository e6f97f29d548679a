// SPDX-License-Identifier: Apache-2.0
// Sinks that throw, that go on failing, that must be opened again, and that complain.
#include <stdexcept>

#include "answer_fixture.hpp"

namespace penstock::test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST_F(AnswerTest, ASinkThatGoesOnThrowingIsOpenedAgain) {
  const FaultySink sink({{.kind = Kind::raise}, {.kind = Kind::raise}, {.kind = Kind::raise}});
  SinkOptions options = quick(sink.options("faulty"));
  options.retry.error_budget = 3;
  Pipeline& pipeline = start({options});
  pipeline.logger("x").info("a");
  ASSERT_TRUE(pipeline.flush(patience));
  EXPECT_THAT(sink.calls(),
              ElementsAre("open", "write", "write", "write", "close", "open", "write", "flush"));
  EXPECT_THAT(sink.delivered(), ElementsAre("a"));
}

TEST_F(AnswerTest, EventsThatCannotBeDeliveredInTimeExpire) {
  for (const Kind kind : {Kind::retry, Kind::raise, Kind::fatal}) {
    FaultySink sink;
    sink.otherwise({.kind = kind});
    SinkOptions options = quick(sink.options("faulty"));
    options.retry.expire_after = 5ms;
    Pipeline& pipeline = start({options, CountingSink().options("other")});
    pipeline.logger("x").info("a");
    EXPECT_TRUE(pipeline.flush(patience));
    const SinkStats stats = stats_of(pipeline, "faulty");
    EXPECT_EQ(dropped(stats, DropReason::expired), 1);
    sink.otherwise({});
    pipeline.logger("x").info("b");
    EXPECT_TRUE(pipeline.flush(patience));
    EXPECT_THAT(sink.delivered(), ElementsAre("b"));
  }
}

TEST_F(AnswerTest, TheBreakerOpensAfterFailuresInARowAndClosesWithAnAnswer) {
  FaultySink sink;
  sink.otherwise({.kind = Kind::retry});
  SinkOptions options = quick(sink.options("faulty"));
  options.retry.breaker_failures = 3;
  Pipeline& pipeline = start({options});
  EXPECT_EQ(stats_of(pipeline, "faulty").breaker, BreakerState::closed);
  pipeline.logger("x").info("a");
  ASSERT_TRUE(sink.wait_for_writes(4));
  EXPECT_NE(stats_of(pipeline, "faulty").breaker, BreakerState::closed);
  sink.otherwise({});
  ASSERT_TRUE(pipeline.flush(patience));
  EXPECT_EQ(stats_of(pipeline, "faulty").breaker, BreakerState::closed);
}

TEST_F(AnswerTest, ASinkThatTakesSomeEventsEachTimeOpensNoBreaker) {
  const Answer some{.kind = Kind::retry, .delivered = 1};
  FaultySink sink({some, some, some, some});
  sink.otherwise({.kind = Kind::pending});
  SinkOptions options = quick(sink.options("faulty"));
  options.retry.breaker_failures = 2;
  options.batch.linger = 60s;
  Pipeline& pipeline = start({options});
  for (const std::string& number : numbers(6)) pipeline.logger("x").info("{}", number);
  EXPECT_FALSE(pipeline.flush(0ns));
  ASSERT_TRUE(sink.wait_for_writes(5));
  EXPECT_EQ(stats_of(pipeline, "faulty").breaker, BreakerState::closed);
  sink.settle({});
  ASSERT_TRUE(pipeline.flush(patience));
  EXPECT_EQ(sink.delivered(), numbers(6));
}

TEST_F(AnswerTest, AWriteThatThrowsIsTriedAgain) {
  const FaultySink sink({{.kind = Kind::raise}, {.kind = Kind::raise}});
  Pipeline& pipeline = start_with(sink, 3);
  ASSERT_TRUE(pipeline.flush(patience));
  EXPECT_EQ(sink.delivered(), numbers(3));
  EXPECT_EQ(sink.writes().size(), 3u);
  EXPECT_EQ(stats_of(pipeline, "faulty").retries, 2);
}

TEST_F(AnswerTest, AThrowIsReportedWithItsWords) {
  FaultySink sink;
  sink.otherwise({.kind = Kind::raise});
  Pipeline& pipeline = start_with(sink, 1);
  EXPECT_FALSE(pipeline.flush(0ns));
  ASSERT_TRUE(sink.wait_for_writes(2));
  EXPECT_THAT(stats_of(pipeline, "faulty").last_error, HasSubstr("scripted throw"));
  sink.otherwise({});
}

// Delivers all there is; its flush fails as often as told, and it reports what it is told to.
class ComplainingSink {
 public:
  SinkOptions options(std::string name) const {
    return sink_options(std::move(name), "complaining",
                        [state = state_] { return std::make_unique<Writer>(state); });
  }
  void report(std::string problem) {
    std::lock_guard lock(state_->mutex);
    state_->problem = std::move(problem);
  }
  void fail_flushes(int count, bool by_throwing) {
    std::lock_guard lock(state_->mutex);
    state_->failures = count;
    state_->throws = by_throwing;
  }

 private:
  struct State {
    std::mutex mutex{};
    std::string problem{};
    int failures = 0;
    bool throws = false;
  };
  class Writer final : public Sink {
   public:
    explicit Writer(std::shared_ptr<State> state) : state_(std::move(state)) {}
    Status open(SinkContext& context) override {
      context_ = &context;
      return {};
    }
    WriteResult write(const Batch&) override {
      std::lock_guard lock(state_->mutex);
      context_->report(state_->problem);
      return WriteResult::ok();
    }
    Status flush() override {
      std::lock_guard lock(state_->mutex);
      if (state_->failures == 0) return {};
      --state_->failures;
      if (state_->throws) throw std::runtime_error("scripted");
      return Status::failure("scripted flush failure");
    }

   private:
    std::shared_ptr<State> state_;
    SinkContext* context_ = nullptr;
  };
  std::shared_ptr<State> state_ = std::make_shared<State>();
};

TEST_F(AnswerTest, AFlushThatTheSinkFailsIsNoFlush) {
  for (const bool by_throwing : {false, true}) {
    ComplainingSink sink;
    Pipeline& pipeline = start({sink.options("good"), CountingSink().options("other")});
    pipeline.logger("x").info("a");
    sink.fail_flushes(1, by_throwing);
    EXPECT_FALSE(pipeline.flush(patience));
    EXPECT_THAT(stats_of(pipeline, "good").last_error, HasSubstr("flush"));
    EXPECT_EQ(stats_of(pipeline, "good").delivered, 1);
    EXPECT_TRUE(pipeline.flush(patience));
  }
}

TEST_F(AnswerTest, AProblemIsShownUntilItIsTakenBack) {
  ComplainingSink sink;
  Pipeline& pipeline = start({sink.options("good")});
  const Logger log = pipeline.logger("x");
  for (const std::string problem : {"cannot rotate", "", "cannot rotate again"}) {
    sink.report(problem);
    log.info("a");
    ASSERT_TRUE(pipeline.flush(patience));
    EXPECT_EQ(stats_of(pipeline, "good").last_error, problem);
    EXPECT_EQ(stats_of(pipeline, "good").state, SinkState::running);
  }
}

TEST_F(AnswerTest, FatalClosesTheSinkOpensItAgainAndOffersTheBatchAgain) {
  const FaultySink sink({{.kind = Kind::fatal}});
  Pipeline& pipeline = start_with(sink, 3);
  ASSERT_TRUE(pipeline.flush(patience));
  EXPECT_EQ(sink.delivered(), numbers(3));
  EXPECT_THAT(sink.calls(), ElementsAre("open", "write", "close", "open", "write", "flush"));
  const auto writes = sink.writes();
  EXPECT_EQ(writes[0].batch_id, writes[1].batch_id);
}

TEST_F(AnswerTest, ASinkThatCannotBeOpenedAgainIsTriedUntilItCan) {
  FaultySink sink({{.kind = Kind::fatal}});
  Pipeline& pipeline = start_with(sink, 3);
  sink.fail_opens(2);
  ASSERT_TRUE(pipeline.flush(patience));
  EXPECT_EQ(sink.delivered(), numbers(3));
  EXPECT_THAT(sink.calls(), ElementsAre("open", "write", "close", "open failed", "open failed",
                                        "open", "write", "flush"));
}

}  // namespace
}  // namespace penstock::test
