// SPDX-License-Identifier: Apache-2.0
// The end of a pipeline whose sinks are in trouble: what its report says, and what still reaches
// them; and what letters say when not all is as usual.
#include <atomic>
#include <ctime>
#include <string>
#include <thread>

#include "answer_fixture.hpp"
#include "function_sink.hpp"

namespace penstock::test {
namespace {

using ::testing::HasSubstr;

class StopInTroubleTest : public AnswerTest {
 protected:
  static StopReport stop(Pipeline& pipeline, std::chrono::nanoseconds timeout) {
    StopReport report = pipeline.stop(timeout);
    EXPECT_TRUE(adds_up(report.stats));
    return report;
  }
  // Logs an event and stops at once; `sink` hangs on the way. What the report says of it.
  SinkStats stop_with_hung(const FunctionSink& sink) {
    SinkOptions options = sink.options("hung");
    options.call_timeout = 50ms;
    Pipeline& pipeline = start({options, CountingSink().options("well")});
    pipeline.logger("x").info("a");
    const StopReport report = stop(pipeline, 200ms);
    EXPECT_FALSE(report.complete);
    EXPECT_EQ(report.stats.sink("well")->state, SinkState::stopped);
    return *report.stats.sink("hung");
  }
  // Takes 450 ms to refuse an event, while stop() has 600 ms. What became of the letter.
  StopReport stop_while_refusing(const MemorySink& letters, std::vector<SinkOptions> others) {
    const FunctionSink refusing([](std::size_t) {
      std::this_thread::sleep_for(450ms);
      return WriteResult::reject("no");
    });
    std::vector<SinkOptions> sinks = {refusing.options("refusing"), letters.options("letters")};
    sinks[0].dead_letter = "letters";
    sinks[1].only_dead_letters = true;
    sinks.insert(sinks.end(), others.begin(), others.end());
    Pipeline& pipeline = start(std::move(sinks));
    pipeline.logger("x").info("a");
    EXPECT_TRUE(refusing.wait_for(1));
    return stop(pipeline, 600ms);
  }
};

// ---- offers during stop -------------------------------------------------------------------------

TEST_F(StopInTroubleTest, ASinkThatWantsALongPauseIsNotHammeredDuringStop) {
  const FunctionSink sink([](std::size_t) { return WriteResult::retry("busy", 1h); });
  Pipeline& pipeline = start({sink.options("web")});
  pipeline.logger("x").info("a");
  ASSERT_TRUE(sink.wait_for(1));
  const StopReport report = stop(pipeline, 250ms);
  EXPECT_FALSE(report.complete);
  EXPECT_LE(sink.offers().size(), 3u);
}

TEST_F(StopInTroubleTest, ASinkThatGoesOnFailingIsAskedNowAndThenDuringStop) {
  const FunctionSink sink([](std::size_t) { return WriteResult::retry("down"); });
  SinkOptions options = sink.options("web");
  options.retry.min_backoff = 1h;
  options.retry.max_backoff = 1h;
  Pipeline& pipeline = start({options});
  pipeline.logger("x").info("a");
  ASSERT_TRUE(sink.wait_for(1));
  const StopReport report = stop(pipeline, 250ms);
  EXPECT_FALSE(report.complete);
  EXPECT_GE(sink.offers().size(), 2u) << "it gets another chance";
  EXPECT_LE(sink.offers().size(), 5u) << "each 100 ms at the most";
}

TEST_F(StopInTroubleTest, AnAnswerThatComesInCloseCounts) {
  const FunctionSink sink(
      {.write = [](std::size_t) { return WriteResult::pending(); },
       .close = [](const FunctionSink& self) { self.settle(0, WriteResult::ok()); }});
  Pipeline& pipeline = start({sink.options("web")});
  pipeline.logger("x").info("a");
  ASSERT_TRUE(sink.wait_for(1));
  const StopReport report = stop(pipeline, 500ms);  // the tenth of it is for close()
  EXPECT_EQ(report.stats.sink("web")->delivered, 1);
  EXPECT_EQ(report.stats.sink("web")->in_flight, 0);
  EXPECT_EQ(report.stats.sink("web")->state, SinkState::stopped);
}

// ---- what the report says of the sinks ----------------------------------------------------------

TEST_F(StopInTroubleTest, ASinkThatHangsInWriteDuringStopIsStuckInTheReport) {
  const Hang hang;
  const SinkStats stats = stop_with_hung(FunctionSink([call = hang.call()](std::size_t) {
    call();
    return WriteResult::ok();
  }));
  EXPECT_EQ(stats.state, SinkState::stuck);
  EXPECT_THAT(stats.last_error, HasSubstr("longer than 0.05 s"));
  EXPECT_EQ(stats.in_flight, 1);
}

TEST_F(StopInTroubleTest, ASinkThatHangsInFlushDuringStopIsStuckInTheReport) {
  const Hang hang;
  const SinkStats stats = stop_with_hung(FunctionSink({.flush = [call = hang.call()] {
    call();
    return Status();
  }}));
  EXPECT_EQ(stats.state, SinkState::stuck);
  EXPECT_EQ(stats.delivered, 1);
}

TEST_F(StopInTroubleTest, ASinkThatHangsInCloseIsStuckInTheReport) {
  const Hang hang;
  const SinkStats stats = stop_with_hung(
      FunctionSink({.close = [call = hang.call()](const FunctionSink&) { call(); }}));
  EXPECT_EQ(stats.state, SinkState::stuck);
  EXPECT_EQ(stats.delivered, 1);
}

TEST_F(StopInTroubleTest, ASinkThatCannotBeOpenedAgainHasFailedInTheReport) {
  FaultySink sink({{.kind = Kind::fatal}});
  SinkOptions options = quick(sink.options("closed"));
  options.retry.expire_after = 5ms;
  Pipeline& pipeline = start({options, CountingSink().options("well")});
  sink.fail_opens(1'000'000);
  pipeline.logger("x").info("a");
  ASSERT_TRUE(
      eventually([&] { return dropped(stats_of(pipeline, "closed"), DropReason::expired) == 1; }));
  const SinkStats stats = *stop(pipeline, 1s).stats.sink("closed");
  EXPECT_EQ(stats.state, SinkState::failed);
  EXPECT_THAT(stats.last_error, HasSubstr("scripted open failure"));
}

// ---- letters ------------------------------------------------------------------------------------

std::string text_of(const OwnedEvent& letter, std::string_view key) {
  const auto* const value = letter.field(key);
  const auto* const text = value != nullptr ? std::get_if<std::string>(value) : nullptr;
  return text != nullptr ? *text : "no text";
}

// By the clock of the letters: that of time() is some milliseconds behind it.
std::string utc_now() {
  timespec time{};
  ::clock_gettime(CLOCK_REALTIME, &time);
  const std::time_t now = time.tv_sec;
  std::tm parts{};
  gmtime_r(&now, &parts);
  char text[32];
  return {text, std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &parts)};
}

TEST_F(StopInTroubleTest, ALetterThatIsRefusedLateInStopIsDelivered) {
  const MemorySink letters;
  const StopReport report = stop_while_refusing(letters, {});
  EXPECT_TRUE(report.complete);
  EXPECT_EQ(report.stats.sink("refusing")->dead_lettered, 1);
  EXPECT_EQ(report.stats.sink("letters")->delivered, 1);
  EXPECT_EQ(letters.size(), 1u);
}

TEST_F(StopInTroubleTest, ALetterThatIsRefusedLateInStopIsDeliveredWhileAnotherSinkHangs) {
  const MemorySink letters;
  const Hang hang;
  const FunctionSink hung([call = hang.call()](std::size_t) {
    call();
    return WriteResult::ok();
  });
  const StopReport report = stop_while_refusing(letters, {hung.options("hung")});
  EXPECT_FALSE(report.complete);
  EXPECT_EQ(report.stats.sink("refusing")->dead_lettered, 1);
  EXPECT_EQ(report.stats.sink("letters")->delivered, 1);
  EXPECT_EQ(letters.size(), 1u);
}

TEST_F(StopInTroubleTest, LettersOfEventsThatWereNeverOfferedSayWhyTheyWereNot) {
  const std::string begin = utc_now();
  FaultySink sink({{.kind = Kind::fatal}});
  const MemorySink letters;
  SinkOptions options = quick(sink.options("closed"));
  options.batch.max_events = 1;
  options.retry.expire_after = 5ms;
  options.dead_letter = "letters";
  SinkOptions letter_options = letters.options("letters");
  letter_options.only_dead_letters = true;
  Pipeline& pipeline = start({options, letter_options});
  sink.fail_opens(1'000'000);
  for (int i = 0; i < 3; ++i) pipeline.logger("x").info("{}", i);
  ASSERT_TRUE(letters.wait_for(3, patience));
  EXPECT_EQ(messages_of(letters.events()), numbers(3));
  for (const OwnedEvent& letter : letters.events()) {
    if (letter.message == "0") continue;  // it was offered
    EXPECT_EQ(text_of(letter, "dead_letter_reason"), "expired");
    EXPECT_THAT(text_of(letter, "dead_letter_first_error"), HasSubstr("scripted open failure"));
    EXPECT_THAT(text_of(letter, "dead_letter_last_error"), HasSubstr("scripted open failure"));
    EXPECT_EQ(std::get<std::uint64_t>(*letter.field("dead_letter_attempts")), 0u);
    for (const std::string_view key : {"dead_letter_first_time", "dead_letter_last_time"}) {
      EXPECT_GE(text_of(letter, key), begin) << key;
      EXPECT_LE(text_of(letter, key), utc_now() + "~") << key;
    }
  }
  (void)stop(pipeline, 50ms);
}

TEST_F(StopInTroubleTest, ALetterHasTheReasonOfItsOwnBatch) {
  const FunctionSink sink([](std::size_t) { return WriteResult::pending(); });
  const MemorySink letters;
  SinkOptions options = sink.options("web");
  options.batch = {.max_events = 2, .linger = 60s};
  options.max_in_flight = 2;
  options.dead_letter = "letters";
  SinkOptions letter_options = letters.options("letters");
  letter_options.only_dead_letters = true;
  Pipeline& pipeline = start({options, letter_options});
  for (int i = 0; i < 4; ++i) pipeline.logger("x").info("{}", i);
  ASSERT_TRUE(sink.wait_for(2));
  sink.settle(0, WriteResult::reject("bad date"));
  ASSERT_TRUE(sink.wait_for(3));
  ASSERT_EQ(sink.offers()[2].messages, (std::vector<std::string>{"0"}));
  sink.settle(1, WriteResult::reject("too large", {0, 1}));
  sink.settle(2, WriteResult::ok());  // so it is event 1 that has the bad date
  ASSERT_TRUE(letters.wait_for(3, patience));
  for (const OwnedEvent& letter : letters.events()) {
    EXPECT_EQ(text_of(letter, "dead_letter_reason"),
              letter.message == "1" ? "bad date" : "too large")
        << letter.message;
  }
  EXPECT_TRUE(pipeline.flush(patience));
}

TEST_F(StopInTroubleTest, LettersAreNotDroppedForOrdinaryEvents) {
  constexpr std::size_t count = 5;
  GateSink letters;
  FaultySink refusing;
  refusing.otherwise({.kind = Kind::reject});
  SinkOptions source = refusing.options("refusing");
  source.level = Level::info;
  source.dead_letter = "letters";
  SinkOptions target = letters.options("letters");
  target.queue.max_bytes = 256 * KiB;
  target.when_full = WhenFull::drop_oldest;
  Pipeline& pipeline = start({source, target});
  const Logger log = pipeline.logger("x");
  log.debug("holds the sink up before a letter is read");
  ASSERT_TRUE(letters.wait_until_stuck());
  for (std::size_t i = 0; i < count; ++i) log.info("refused {}", i);
  ASSERT_TRUE(eventually([&] { return stats_of(pipeline, "refusing").dead_lettered == count; }));
  for (int i = 0; i < 30'000; ++i) log.debug("{}", i);
  EXPECT_GT(dropped(stats_of(pipeline, "letters"), DropReason::queue_oldest), 0);
  letters.open();
  ASSERT_TRUE(pipeline.flush(patience));
  std::size_t arrived = 0;
  for (const OwnedEvent& event : letters.events()) {
    if (event.field("dead_letter_sink") != nullptr) ++arrived;
  }
  EXPECT_EQ(arrived, count);
}

}  // namespace
}  // namespace penstock::test
