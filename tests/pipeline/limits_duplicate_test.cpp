// SPDX-License-Identifier: Apache-2.0
// limits.deduplicate: what goes out at once, what is kept, and when it goes out.
#include <atomic>
#include <thread>

#include <fmt/format.h>

#include "limits_fixture.hpp"
#include "support/options.hpp"
#include "support/run.hpp"

namespace penstock::test {
namespace {

// Has no encoding of its own: the caller formats it.
enum class Parity { even, odd };

// Its bytes are copied, and formatted by the worker.
struct Point {
  int x;
  int y;
};

}  // namespace
}  // namespace penstock::test

template <>
inline constexpr bool penstock::deferred_copy<penstock::test::Point> = true;
template <>
struct fmt::formatter<penstock::test::Parity> : fmt::formatter<std::string_view> {
  auto format(penstock::test::Parity value, fmt::format_context& context) const {
    return fmt::formatter<std::string_view>::format(
        value == penstock::test::Parity::even ? "even" : "odd", context);
  }
};
template <>
struct fmt::formatter<penstock::test::Point> : fmt::formatter<std::string_view> {
  auto format(const penstock::test::Point& value, fmt::format_context& context) const {
    return fmt::format_to(context.out(), "({}, {})", value.x, value.y);
  }
};

namespace penstock::test {
namespace {

using ::testing::ElementsAre;

class LimitsDuplicateTest : public LimitsTest {};

TEST_F(LimitsDuplicateTest, TheFirstGoesOutAtOnceAndTheLastWithTheCountAtFlush) {
  Pipeline& pipeline = start_limited({.deduplicate = 1h});
  const Logger log = pipeline.logger("x");
  say(log, "a", 5);
  ASSERT_TRUE(eventually([&] {
    const SinkStats stats = stats_of(pipeline, "limited");
    return stats.in_queue == 0 && stats.delivered == 1;
  }));
  const SinkStats before = stats_of(pipeline, "limited");
  EXPECT_EQ(before.in_flight, 1) << "the last one: kept";
  EXPECT_EQ(filtered(before, FilterReason::duplicate), 3);
  ASSERT_TRUE(pipeline.flush(patience));
  EXPECT_THAT(shown(sink_.events()), ElementsAre("say a", "say a x4"));
  const SinkStats after = stats_of(pipeline, "limited");
  EXPECT_EQ(after.delivered, 2);
  EXPECT_EQ(after.in_flight, 0);
  EXPECT_EQ(after.filtered, 3);
}

TEST_F(LimitsDuplicateTest, AtTheWindowsEndItGoesOutByItself) {
  Pipeline& pipeline = start_limited({.deduplicate = 50ms});
  const Logger log = pipeline.logger("x");
  const auto begin = Clock::now();
  say(log, "a", 3);
  ASSERT_TRUE(sink_.wait_for(2, patience)) << "nobody flushes, and no event follows";
  EXPECT_GE(Clock::now() - begin, 50ms);
  const auto events = sink_.events();
  EXPECT_EQ(shown(events), (std::vector<std::string>{"say a", "say a x2"}));
  EXPECT_LT(events[1].time_ns - events[0].time_ns, 50'000'000) << "with its own time stamp";
}

TEST_F(LimitsDuplicateTest, StopLetsAllOut) {
  Pipeline& pipeline = start_limited({.deduplicate = 1h});
  const Logger log = pipeline.logger("x");
  for (int i = 0; i < 10; ++i) {
    for (const char* text : {"a", "b", "c"}) say(log, text);
  }
  const StopReport report = pipeline.stop(patience);
  EXPECT_TRUE(report.complete);
  EXPECT_TRUE(adds_up(report.stats));
  EXPECT_THAT(shown(sink_.events()),
              ElementsAre("say a", "say b", "say c", "say a x9", "say b x9", "say c x9"));
  EXPECT_EQ(filtered(report.stats.sinks[0], FilterReason::duplicate), 3 * 8);
  EXPECT_TRUE(report.stats.all_delivered());
}

TEST_F(LimitsDuplicateTest, OtherCallSitesAndOtherArgumentsAreOtherKinds) {
  Pipeline& pipeline = start_limited({.deduplicate = 1h});
  const Logger log = pipeline.logger("x");
  for (int i = 0; i < 2; ++i) {
    log.info("number {} {}", 1, "a");
    log.info("number {} {}", 2, "a");
    log.info("number {} {}", 1, "b");
    log.info("number {} {}", 1, "a");  // the same message, from another line
  }
  ASSERT_TRUE(pipeline.flush(patience));
  EXPECT_EQ(sink_.size(), 8u);
  EXPECT_EQ(stats_of(pipeline, "limited").filtered, 0);
}

TEST_F(LimitsDuplicateTest, FieldsTagsAndNamesAreNoPartOfTheKindAndTheLastOnesAreShown) {
  Pipeline& pipeline = start_limited({.deduplicate = 1h});
  const Logger log = pipeline.logger("x");
  for (int i = 0; i < 10; ++i) {
    log.tag(numbered("t", i))
        .event(numbered("e", i))
        .info("done {}", 7, field("id", i), field("text", numbered("v", i)));
  }
  ASSERT_TRUE(pipeline.flush(patience));
  const auto events = sink_.events();
  ASSERT_EQ(events.size(), 2u);
  const OwnedEvent& last = events[1];
  EXPECT_EQ(last.message, "done 7");
  EXPECT_EQ(repeated(last), 9u);
  EXPECT_EQ(std::get<std::int64_t>(*last.field("id")), 9);
  EXPECT_EQ(std::get<std::string>(*last.field("text")), "v9");
  EXPECT_EQ(last.event, "e9");
  EXPECT_THAT(last.tags, ElementsAre("t9"));
  EXPECT_EQ(last.function, events[0].function);
  EXPECT_EQ(last.line, events[0].line);
  EXPECT_EQ(last.thread_id, events[0].thread_id);
  EXPECT_EQ(last.thread_name, events[0].thread_name);
  EXPECT_EQ(last.producer, events[0].producer);
  EXPECT_EQ(last.logger, "x");
}

// With a dead-letter route it gets a block of its own, which may have been another thread's.
TEST_F(LimitsDuplicateTest, WhatIsKeptNamesItsThreadWhoeverHadItsBlockBefore) {
  MemorySink letters;
  SinkOptions options = sink_.options("limited");
  options.limits = {.deduplicate = 1h};
  options.dead_letter = "letters";
  SinkOptions route = letters.options("letters");
  route.only_dead_letters = true;
  Pipeline& pipeline = start({options, route});
  const Logger log = pipeline.logger("x");
  const auto run_as = [](const char* name, const auto& what) {
    std::thread([&] {
      pthread_setname_np(pthread_self(), name);
      what();
    }).join();
  };
  for (std::size_t round = 0; round < 50; ++round) {  // how far the worker has come differs
    const std::string text = numbered("dup", static_cast<int>(round));
    run_as("fifteen-letters", [&] { say(log, text, 3); });
    ASSERT_TRUE(eventually([&] { return sink_.size() == 3 * round + 1; }));
    run_as("b", [&] { log.info("usual"); });
    if (round % 2 == 0) {
      (void)eventually([&] { return stats_of(pipeline, "limited").queue_bytes == 0; }, 20ms);
    }
    ASSERT_TRUE(pipeline.flush(patience));
    const auto events = sink_.events();
    ASSERT_EQ(events.size(), 3 * round + 3);
    const OwnedEvent& first = events[3 * round];
    const OwnedEvent& kept = events[3 * round + 2];
    ASSERT_EQ(kept.message, "say " + text);
    ASSERT_EQ(kept.thread_name, "fifteen-letters");
    ASSERT_EQ(kept.thread_id, first.thread_id);
    ASSERT_EQ(kept.producer, first.producer);
  }
}

TEST_F(LimitsDuplicateTest, TextThatIsFormattedByTheCallerIsComparedAsText) {
  Pipeline& pipeline = start_limited({.deduplicate = 1h});
  const Logger log = pipeline.logger("x");
  for (int i = 0; i < 6; ++i) {
    log.info("{}", i % 2 == 0 ? Parity::even : Parity::odd, field("i", i));
  }
  ASSERT_TRUE(pipeline.flush(patience));
  EXPECT_THAT(shown(sink_.events()), ElementsAre("even", "odd", "even x2", "odd x2"));
}

TEST_F(LimitsDuplicateTest, SubmittedTextIsOfOneKindByLevelLoggerAndText) {
  Pipeline& pipeline = start_limited({.deduplicate = 1h});
  for (int i = 0; i < 5; ++i) {
    for (const char* logger : {"a", "b"}) {
      pipeline.submit({.level = Level::info, .message = "text", .logger = logger});
      pipeline.submit({.level = Level::debug, .message = "text", .logger = logger});
    }
  }
  ASSERT_TRUE(pipeline.flush(patience));
  const auto events = sink_.events();
  ASSERT_EQ(events.size(), 8u);
  for (std::size_t i = 4; i < 8; ++i) EXPECT_EQ(repeated(events[i]), 4u);
  EXPECT_EQ(filtered(stats_of(pipeline, "limited"), FilterReason::duplicate), 4 * 3);
}

TEST_F(LimitsDuplicateTest, AReplacedEventIsOfTheKindOfItsTrigger) {
  PipelineOptions options;
  options.sinks = {sink_.options("limited")};
  options.sinks[0].limits.deduplicate = 1h;
  options.triggers = {
      {.event = "e", .details = {.message = "new", .extra = {{.key = "k", .text = "v"}}}}};
  Pipeline& pipeline = start(std::move(options));
  const Logger log = pipeline.logger("x").event("e");
  for (int i = 0; i < 5; ++i) log.info("old {}", i);
  ASSERT_TRUE(pipeline.flush(patience));
  const auto events = sink_.events();
  EXPECT_EQ(shown(events), (std::vector<std::string>{"new", "new x4"}));
  EXPECT_EQ(std::get<std::string>(*events[1].field("k")), "v");
}

// The memory of the event is reused long before it goes out.
TEST_F(LimitsDuplicateTest, WhatIsKeptOutlivesItsBlockAndItsThread) {
  SinkOptions options = tiny(sink_.options("limited"));
  options.limits = {.deduplicate = 1h};
  Pipeline& pipeline = start({options});
  const Logger log = pipeline.logger("x");
  Threads threads;
  threads.start([&] { say(log, "kept", 3); });
  threads.join();
  const std::string filler(500, 'f');
  for (int i = 0; i < 5'000; ++i) log.warning("{} {}", i, filler);
  ASSERT_TRUE(pipeline.flush(patience));
  const auto events = sink_.events();
  ASSERT_EQ(events.size(), 5'002u);
  EXPECT_EQ(events.back().message, "say kept");
  EXPECT_EQ(repeated(events.back()), 2u);
  EXPECT_EQ(events.back().thread_id, events.front().thread_id);
}

// What is kept again meanwhile does not hold up the flush.
TEST_F(LimitsDuplicateTest, FlushReturnsWhileEventsGoOnRepeating) {
  Pipeline& pipeline = start_limited({.deduplicate = 1h});
  std::atomic<bool> done{false};
  Threads threads;
  threads.start(2, [&](std::size_t) {
    const Logger log = pipeline.logger("x");
    for (int i = 0; !done.load(); ++i) {
      say(log, std::to_string(i % 10));
      std::this_thread::yield();
    }
  });
  for (int i = 0; i < 20; ++i) EXPECT_TRUE(pipeline.flush(patience));
  done = true;
}

// Of many kept ones no batch becomes larger than it may be.
TEST_F(LimitsDuplicateTest, BatchesStayWithinTheirBounds) {
  GateSink gate(GateSink::Gate::open);
  SinkOptions options = gate.options("limited");
  options.limits = {.deduplicate = 1h};
  options.batch.max_events = 7;
  Pipeline& pipeline = start({options});
  const Logger log = pipeline.logger("x");
  for (int i = 0; i < 300; ++i) say(log, std::to_string(i % 100));
  ASSERT_TRUE(pipeline.flush(patience));
  EXPECT_EQ(gate.events().size(), 200u);
  for (const std::size_t size : gate.batches()) EXPECT_LE(size, 7u);
  EXPECT_EQ(filtered(stats_of(pipeline, "limited"), FilterReason::duplicate), 100);
}

TEST_F(LimitsDuplicateTest, WithMoreKindsThanItMayKnowTheOldestWindowsEndEarly) {
  Pipeline& pipeline = start_limited({.deduplicate = 1h, .max_keys = 4});
  const Logger log = pipeline.logger("x");
  say(log, "a", 3);
  for (const char* text : {"b", "c", "d", "e"}) say(log, text);
  ASSERT_TRUE(sink_.wait_for(6, patience)) << "without a flush";
  EXPECT_THAT(shown(sink_.events()),
              ElementsAre("say a", "say b", "say c", "say d", "say e", "say a x2"));
}

// A sink that hangs while events are kept: what is left is told.
TEST_F(LimitsDuplicateTest, WhatIsKeptWhenTheTimeForStoppingIsOverIsInFlight) {
  FaultySink sink;
  sink.otherwise({.kind = Answer::Kind::retry});
  SinkOptions options = sink.options("limited");
  options.limits = {.deduplicate = 1h};
  Pipeline& pipeline = start({options});
  say(pipeline.logger("x"), "a", 10);
  const StopReport report = pipeline.stop(50ms);
  EXPECT_FALSE(report.complete);
  EXPECT_TRUE(adds_up(report.stats));
  const SinkStats& stats = report.stats.sinks[0];
  EXPECT_EQ(stats.delivered, 0);
  EXPECT_EQ(stats.in_queue + stats.in_flight + stats.filtered, 10);
}

TEST_F(LimitsDuplicateTest, TypesThatTheWorkerFormatsAreComparedByTheirBytes) {
  Pipeline& pipeline = start_limited({.deduplicate = 1h});
  const Logger log = pipeline.logger("x");
  for (int i = 0; i < 6; ++i) log.info("{} {}", Point{1, i % 2}, std::string(100, 'x'));
  ASSERT_TRUE(pipeline.flush(patience));
  const auto events = sink_.events();
  ASSERT_EQ(events.size(), 4u);
  EXPECT_EQ(events[3].message, "(1, 1) " + std::string(100, 'x'));
  EXPECT_EQ(repeated(events[2]) + repeated(events[3]), 4u);
}

// What was cut is not known; but what is left is compared, and how much is missing.
TEST_F(LimitsDuplicateTest, TextThatWasCutIsComparedAsItIsLeft) {
  PipelineOptions options;
  options.sinks = {sink_.options("limited")};
  options.sinks[0].limits.deduplicate = 1h;
  options.max_event_bytes = 1 * KiB;
  Pipeline& pipeline = start(std::move(options));
  const Logger log = pipeline.logger("x");
  for (int i = 0; i < 6; ++i) log.info("{}", std::string(i % 2 == 0 ? 5'000 : 6'000, 'x'));
  ASSERT_TRUE(pipeline.flush(patience));
  EXPECT_EQ(sink_.size(), 4u);
  EXPECT_EQ(pipeline.stats().truncated, 6);
}

}  // namespace
}  // namespace penstock::test
