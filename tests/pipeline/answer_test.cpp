// SPDX-License-Identifier: Apache-2.0
// What a sink may answer to write(), and what becomes of the events then.
#include "answer_fixture.hpp"

namespace penstock::test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST_F(AnswerTest, RetryOffersTheSameBatchAgain) {
  const FaultySink sink({{.kind = Kind::retry}, {.kind = Kind::retry}});
  Pipeline& pipeline = start_with(sink, 5);
  ASSERT_TRUE(pipeline.flush(patience));
  EXPECT_EQ(sink.delivered(), numbers(5));
  const auto writes = sink.writes();
  ASSERT_EQ(writes.size(), 3u);
  for (std::size_t i = 0; i < writes.size(); ++i) {
    EXPECT_EQ(writes[i].batch_id, writes[0].batch_id) << "an id holds for all attempts";
    EXPECT_EQ(writes[i].attempt, i + 1);
    EXPECT_EQ(writes[i].messages, numbers(5));
  }
  const SinkStats stats = stats_of(pipeline, "faulty");
  EXPECT_EQ(stats.delivered, 5);
  EXPECT_EQ(stats.retries, 2);
  EXPECT_EQ(stats.batches, 1);
  EXPECT_EQ(stats.state, SinkState::running);
  EXPECT_EQ(stats.last_error, "");
}

TEST_F(AnswerTest, RetryDoesNotOfferTheDeliveredPrefixAgain) {
  const FaultySink sink({{.kind = Kind::retry, .delivered = 2},
                         {.kind = Kind::retry, .delivered = 0},
                         {.kind = Kind::retry, .delivered = 1}});
  Pipeline& pipeline = start_with(sink, 6);
  ASSERT_TRUE(pipeline.flush(patience));
  EXPECT_EQ(sink.delivered(), numbers(6));
  const auto writes = sink.writes();
  ASSERT_EQ(writes.size(), 4u);
  EXPECT_THAT(writes[1].messages, ElementsAre("2", "3", "4", "5"));
  EXPECT_THAT(writes[2].messages, ElementsAre("2", "3", "4", "5"));
  EXPECT_THAT(writes[3].messages, ElementsAre("3", "4", "5"));
}

TEST_F(AnswerTest, InFlightIsExactBetweenTries) {
  FaultySink sink({{.kind = Kind::retry, .delivered = 2}});
  sink.otherwise({.kind = Kind::pending});
  Pipeline& pipeline = start_with(sink, 6);
  EXPECT_FALSE(pipeline.flush(0ns));
  ASSERT_TRUE(sink.wait_for_writes(2));
  const SinkStats stats = stats_of(pipeline, "faulty");
  EXPECT_EQ(stats.delivered, 2);
  EXPECT_EQ(stats.in_flight, 4);
  EXPECT_EQ(stats.in_queue, 0);
  sink.settle({});
  EXPECT_TRUE(pipeline.flush(patience));
  EXPECT_EQ(stats_of(pipeline, "faulty").in_flight, 0);
}

TEST_F(AnswerTest, ARetryThatClaimsToHaveDeliveredMoreThanThereIsIsTakenAsAll) {
  class Boasting final : public Sink {
   public:
    Status open(SinkContext&) override { return {}; }
    WriteResult write(const Batch&) override { return WriteResult::retry("boasting", 1ns, 1000); }
  };
  SinkOptions options =
      sink_options("boasting", "boasting", [] { return std::make_unique<Boasting>(); });
  Pipeline& pipeline = start({options});
  pipeline.logger("x").info("one");
  EXPECT_TRUE(pipeline.flush(5s));
  EXPECT_EQ(stats_of(pipeline, "boasting").delivered, 1);
}

TEST_F(AnswerTest, LaterEventsWaitBehindARetry) {
  FaultySink sink;
  sink.otherwise({.kind = Kind::retry});
  Pipeline& pipeline = start_with(sink, 1);
  EXPECT_FALSE(pipeline.flush(0ns));
  ASSERT_TRUE(sink.wait_for_writes(2));
  const Logger log = pipeline.logger("x");
  for (int i = 1; i < 100; ++i) log.info("{}", i);
  sink.otherwise({});
  ASSERT_TRUE(pipeline.flush(patience));
  EXPECT_EQ(sink.delivered(), numbers(100));
}

TEST_F(AnswerTest, WhileASinkRetriesItsStateSaysSo) {
  FaultySink sink;
  sink.otherwise({.kind = Kind::retry});
  Pipeline& pipeline = start_with(sink, 1);
  EXPECT_FALSE(pipeline.flush(0ns));
  ASSERT_TRUE(sink.wait_for_writes(2));
  const SinkStats stats = stats_of(pipeline, "faulty");
  EXPECT_EQ(stats.state, SinkState::retrying);
  EXPECT_EQ(stats.last_error, "scripted retry");
  EXPECT_GE(stats.retries, 1);
  EXPECT_EQ(stats.batches, 0);
  sink.otherwise({});
}

TEST_F(AnswerTest, ABadEventIsFoundAndOnlyThatOneIsRefused) {
  FaultySink sink;
  sink.poison({"617"});
  Pipeline& pipeline = start_with(sink, 1'000);
  ASSERT_TRUE(pipeline.flush(patience));
  std::vector<std::string> good = numbers(1'000);
  std::erase(good, "617");
  EXPECT_EQ(sink.delivered(), good) << "all others, in order";
  EXPECT_LE(sink.writes().size(), 1u + 10 + 1) << "one, and ceil(log2 1000) + 1";
  const SinkStats stats = stats_of(pipeline, "faulty");
  EXPECT_EQ(dropped(stats, DropReason::rejected), 1);
  EXPECT_EQ(stats.delivered, 999);
  EXPECT_FALSE(pipeline.stats().all_delivered());
}

TEST_F(AnswerTest, ARejectionForNoBadEventCostsNoMoreThanTheLast) {
  const FaultySink sink({{.kind = Kind::reject}});
  Pipeline& pipeline = start_with(sink, 8);
  ASSERT_TRUE(pipeline.flush(patience));
  EXPECT_EQ(sink.delivered(), numbers(7));
  EXPECT_EQ(sink.writes().size(), 4u) << "8, then 4, 2 and 1 that it takes";
  EXPECT_EQ(dropped(stats_of(pipeline, "faulty"), DropReason::rejected), 1);
}

TEST_F(AnswerTest, PartsOfARejectedBatchAreBatchesOfTheirOwn) {
  FaultySink sink({{.kind = Kind::reject}, {.kind = Kind::retry}, {.kind = Kind::retry}});
  sink.poison({"3"});
  Pipeline& pipeline = start_with(sink, 4);
  ASSERT_TRUE(pipeline.flush(patience));
  const auto writes = sink.writes();
  ASSERT_GE(writes.size(), 4u);
  EXPECT_NE(writes[1].batch_id, writes[0].batch_id);
  EXPECT_EQ(writes[2].batch_id, writes[1].batch_id) << "a retry of a part has the part's id";
  EXPECT_EQ(writes[1].attempt, 1u);
  EXPECT_EQ(writes[2].attempt, 2u);
  EXPECT_EQ(sink.delivered(), numbers(3));
}

TEST_F(AnswerTest, RejectOfEverythingDropsAllAndGoesOn) {
  FaultySink sink;
  sink.otherwise({.kind = Kind::reject});
  Pipeline& pipeline = start_with(sink, 100);
  ASSERT_TRUE(pipeline.flush(patience));
  EXPECT_LE(sink.writes().size(), 120u);
  sink.otherwise({});
  pipeline.logger("x").info("next");
  ASSERT_TRUE(pipeline.flush(patience));
  EXPECT_THAT(sink.delivered(), ElementsAre("next"));
  const SinkStats stats = stats_of(pipeline, "faulty");
  EXPECT_EQ(dropped(stats, DropReason::rejected), 100);
  EXPECT_EQ(stats.delivered, 1);
}

TEST_F(AnswerTest, RejectOfSomeDeliversTheOthers) {
  const FaultySink sink({{.kind = Kind::reject_some, .positions = {1, 3}}});
  Pipeline& pipeline = start_with(sink, 5);
  ASSERT_TRUE(pipeline.flush(patience));
  EXPECT_THAT(sink.delivered(), ElementsAre("0", "2", "4"));
  const SinkStats stats = stats_of(pipeline, "faulty");
  EXPECT_EQ(dropped(stats, DropReason::rejected), 2);
  EXPECT_EQ(stats.delivered, 3);
}

// The sink cannot tell at first, but can when it is offered fewer: nobody else is suspected then.
TEST_F(AnswerTest, ABadEventThatIsNamedLaterCostsNoOtherOne) {
  const FaultySink sink(
      {{.kind = Kind::reject}, {.kind = Kind::reject_some, .positions = {1}}, {.kind = Kind::ok}});
  Pipeline& pipeline = start_with(sink, 4);
  ASSERT_TRUE(pipeline.flush(patience));
  EXPECT_THAT(sink.delivered(), ElementsAre("0", "2", "3"));
  EXPECT_EQ(dropped(stats_of(pipeline, "faulty"), DropReason::rejected), 1);
}

TEST_F(AnswerTest, RejectAfterAPartialRetryCountsTheRestOnly) {
  const FaultySink sink({{.kind = Kind::retry, .delivered = 3}, {.kind = Kind::reject}});
  Pipeline& pipeline = start_with(sink, 4);
  ASSERT_TRUE(pipeline.flush(patience));
  const SinkStats stats = stats_of(pipeline, "faulty");
  EXPECT_EQ(dropped(stats, DropReason::rejected), 1);
  EXPECT_EQ(stats.delivered, 3);
}

TEST_F(AnswerTest, AControlRequestNeverReachesAClosedSink) {
  FaultySink sink({{.kind = Kind::fatal}});
  Pipeline& pipeline = start_with(sink, 1);
  sink.fail_opens(3);
  EXPECT_FALSE(pipeline.flush(0ns));
  while (sink.delivered().empty()) {
    pipeline.control(SinkControl::reopen);  // FaultySink fails the test when it is closed
    pipeline.control(SinkControl::rotate);
    std::this_thread::yield();
  }
}

TEST_F(AnswerTest, ControlReachesTheSinkBetweenWrites) {
  const FaultySink sink;
  Pipeline& pipeline = start_with(sink, 1);
  ASSERT_TRUE(pipeline.flush(patience));
  pipeline.control(SinkControl::reopen, "another");
  pipeline.control(SinkControl::reopen, "faulty");
  ASSERT_TRUE(sink.wait_for_calls(4));
  pipeline.control(SinkControl::rotate);
  ASSERT_TRUE(sink.wait_for_calls(5));
  EXPECT_THAT(sink.calls(), ElementsAre("open", "write", "flush", "reopen", "rotate"));
}

// ---- pending ------------------------------------------------------------------------------------

TEST_F(AnswerTest, PendingIsSettledFromAnotherThread) {
  const FaultySink sink({{.kind = Kind::pending}});
  Pipeline& pipeline = start_with(sink, 4);
  EXPECT_FALSE(pipeline.flush(0ns));
  ASSERT_TRUE(sink.wait_for_writes(1));
  EXPECT_EQ(stats_of(pipeline, "faulty").delivered, 0);
  EXPECT_EQ(stats_of(pipeline, "faulty").in_flight, 4);
  std::thread([&] { sink.settle({}); }).join();
  ASSERT_TRUE(pipeline.flush(patience));
  EXPECT_EQ(stats_of(pipeline, "faulty").delivered, 4);
}

TEST_F(AnswerTest, PendingMayEndInARetryOrARejection) {
  const FaultySink sink({{.kind = Kind::pending}, {.kind = Kind::pending}});
  Pipeline& pipeline = start_with(sink, 4);
  EXPECT_FALSE(pipeline.flush(0ns));
  ASSERT_TRUE(sink.wait_for_writes(1));
  sink.settle({.kind = Kind::retry, .delivered = 1});
  ASSERT_TRUE(sink.wait_for_writes(2));
  sink.settle({.kind = Kind::reject_some, .positions = {0}});
  ASSERT_TRUE(pipeline.flush(patience));
  EXPECT_THAT(sink.delivered(), ElementsAre("0", "2", "3"));
  EXPECT_EQ(dropped(stats_of(pipeline, "faulty"), DropReason::rejected), 1);
}

// Settles before write() has returned, and once more than it should.
class HastySink final : public Sink {
 public:
  Status open(SinkContext& context) override {
    context_ = &context;
    return {};
  }
  WriteResult write(const Batch& batch) override {
    std::thread([&] {
      context_->settle(batch.token() + 7, WriteResult::reject("another batch"));
      context_->settle(batch.token(), WriteResult::ok());
      context_->settle(batch.token(), WriteResult::reject("a second answer"));
    }).join();
    return WriteResult::pending();
  }

 private:
  SinkContext* context_ = nullptr;
};

TEST_F(AnswerTest, OnlyTheFirstAnswerForThePendingBatchCounts) {
  Pipeline& pipeline =
      start({sink_options("hasty", "hasty", [] { return std::make_unique<HastySink>(); })});
  for (int i = 0; i < 100; ++i) pipeline.logger("x").info("{}", i);
  ASSERT_TRUE(pipeline.flush(patience));
  EXPECT_EQ(stats_of(pipeline, "hasty").delivered, 100);
}

// Its own thread reads the batch until the sink is closed or settles it.
class LateSink final : public Sink {
 public:
  struct State {
    std::atomic<std::uint64_t> bytes{0};
    Signal gone{};
  };

  explicit LateSink(State& state) : state_(state) {}
  ~LateSink() override {
    done_ = true;
    if (thread_.joinable()) thread_.join();
    state_.gone.set();
  }
  Status open(SinkContext&) override { return {}; }
  WriteResult write(const Batch& batch) override {
    thread_ = std::thread([this, batch] {
      do {
        for (const EventView& event : batch.events()) state_.bytes += event.message.size();
        std::this_thread::yield();
      } while (!done_);
    });
    return WriteResult::pending();
  }

 private:
  State& state_;
  std::atomic<bool> done_{false};
  std::thread thread_{};
};

TEST_F(AnswerTest, APendingBatchStaysValidUntilItsSinkIsGone) {
  LateSink::State state;
  PipelineOptions options;
  options.sinks = {sink_options("late", "late", [&] { return std::make_unique<LateSink>(state); })};
  {
    Pipeline pipeline = Pipeline::start(std::move(options)).value();
    pipeline.logger("x").info("{}", std::string(1000, 'x'));
    EXPECT_TRUE(eventually([&] { return state.bytes != 0; }));
    const StopReport report = pipeline.stop(50ms);
    EXPECT_FALSE(report.complete);
    EXPECT_EQ(report.stats.sinks.at(0).in_flight, 1);
    EXPECT_TRUE(adds_up(report.stats));
  }
  ASSERT_TRUE(state.gone.wait());
}

// ---- stop while a sink fails --------------------------------------------------------------------

TEST_F(AnswerTest, StopEndsARetryForEverInTimeWithTheExactRemainder) {
  FaultySink sink({{.kind = Kind::retry, .delivered = 3}});
  sink.otherwise({.kind = Kind::retry, .after = 1h});
  Pipeline& pipeline = start_with(sink, 10);
  EXPECT_FALSE(pipeline.flush(0ns));
  ASSERT_TRUE(sink.wait_for_writes(2));
  const Logger log = pipeline.logger("x");
  for (int i = 0; i < 50; ++i) log.info("later");
  const auto before = Clock::now();
  const StopReport report = pipeline.stop(1s);
  EXPECT_LT(Clock::now() - before, 1500ms);
  EXPECT_FALSE(report.complete);
  EXPECT_TRUE(adds_up(report.stats));
  const SinkStats& stats = report.stats.sinks.at(0);
  EXPECT_EQ(stats.delivered, 3);
  EXPECT_EQ(stats.in_flight + stats.in_queue, 57);
  EXPECT_EQ(stats.last_error, "scripted retry") << "the report says what was wrong";
}

TEST_F(AnswerTest, StopEndsAnEndlessReopeningInTime) {
  FaultySink sink({{.kind = Kind::fatal}});
  Pipeline& pipeline = start_with(sink, 10);
  sink.fail_opens(1'000'000);
  EXPECT_FALSE(pipeline.flush(0ns));
  ASSERT_TRUE(sink.wait_for_calls(4));
  const auto before = Clock::now();
  const StopReport report = pipeline.stop(300ms);
  EXPECT_LT(Clock::now() - before, 1s);
  EXPECT_FALSE(report.complete);
  EXPECT_TRUE(adds_up(report.stats));
  EXPECT_EQ(report.stats.sinks.at(0).in_flight, 10);
}

TEST_F(AnswerTest, StopOfAPipelineWhoseSinkHangsReturnsInTimeAndTellsTheRemainder) {
  GateSink gate;
  MemorySink seen;
  Pipeline& pipeline = start({gate.options("stuck"), seen.options("sibling")});
  const Logger log = pipeline.logger("x");
  log.info("first");
  ASSERT_TRUE(gate.wait_until_stuck());
  for (int i = 0; i < 99; ++i) log.info("{}", i);
  const auto before = Clock::now();
  const StopReport report = pipeline.stop(1s);
  EXPECT_LT(Clock::now() - before, 1500ms);
  EXPECT_FALSE(report.complete);
  EXPECT_TRUE(adds_up(report.stats));
  EXPECT_EQ(report.stats.sink("stuck")->in_flight, 1);
  EXPECT_EQ(report.stats.sink("stuck")->in_queue, 99);
  EXPECT_EQ(report.stats.sink("sibling")->delivered, 100);
  EXPECT_EQ(seen.size(), 100u);
}

}  // namespace
}  // namespace penstock::test
