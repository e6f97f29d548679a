// SPDX-License-Identifier: Apache-2.0
// Pipeline::submit: events whose parts are known at run time only.
#include <gmock/gmock.h>

#include "support/options.hpp"
#include "support/pipeline_test.hpp"
#include "support/sinks.hpp"

namespace penstock::test {
namespace {

using penstock::testing::OwnedValue;
using ::testing::ElementsAre;

class SubmitTest : public PipelineTest {};

TEST_F(SubmitTest, EveryPartArrives) {
  MemorySink seen;
  Pipeline& pipeline = start({seen.options("memory"), CountingSink().options("other")});
  const FieldView fields[] = {
      {"i", std::int64_t{-1}},         {"u", std::uint64_t{1}},   {"d", 0.5}, {"b", true},
      {"t", std::string_view("text")}, {"", std::string_view("")}};
  const std::string_view tags[] = {"one", "two"};
  const std::string_view destinations[] = {"memory"};
  const TraceContext trace{{1, 2}, {3}};
  ASSERT_TRUE(pipeline.submit({.level = Level::error,
                               .message = "{not} a format {} string",
                               .logger = "from.outside",
                               .time_ns = 1'700'000'000'123'456'789,
                               .fields = fields,
                               .tags = tags,
                               .event = "happened",
                               .destinations = destinations,
                               .trace = &trace}));
  ASSERT_TRUE(pipeline.flush(patience));
  ASSERT_EQ(seen.size(), 1u);
  const OwnedEvent event = seen.events()[0];
  EXPECT_EQ(event.level, Level::error);
  EXPECT_EQ(event.message, "{not} a format {} string");
  EXPECT_EQ(event.logger, "from.outside");
  EXPECT_EQ(event.time_ns, 1'700'000'000'123'456'789);
  EXPECT_EQ(event.fields.size(), 6u);
  EXPECT_EQ(*event.field("u"), OwnedValue(std::uint64_t{1}));
  EXPECT_EQ(*event.field("b"), OwnedValue(true));
  EXPECT_THAT(event.tags, ElementsAre("one", "two"));
  EXPECT_EQ(event.event, "happened");
  EXPECT_EQ(event.trace, trace);
  EXPECT_EQ(event.line, 0u);
  EXPECT_EQ(event.file, "");
  EXPECT_EQ(stats_of(pipeline, "other").filtered, 1);
}

TEST_F(SubmitTest, AnEmptyEventIsAnEvent) {
  MemorySink seen;
  Pipeline& pipeline = start({seen.options("memory")});
  ASSERT_TRUE(pipeline.submit({}));
  ASSERT_TRUE(pipeline.flush(patience));
  EXPECT_EQ(seen.events().at(0).message, "");
  EXPECT_EQ(seen.events().at(0).level, Level::info);
  EXPECT_GT(seen.events().at(0).time_ns, 0);
}

TEST_F(SubmitTest, OrderIsThatOfTheCallsNotOfTheTimes) {
  MemorySink seen;
  Pipeline& pipeline = start({seen.options("memory")});
  for (int i = 0; i < 100; ++i) {
    ASSERT_TRUE(pipeline.submit({.message = std::to_string(i), .time_ns = 1000 - i}));
  }
  ASSERT_TRUE(pipeline.flush(patience));
  const auto messages = messages_of(seen.events());
  for (int i = 0; i < 100; ++i) EXPECT_EQ(messages[static_cast<std::size_t>(i)], std::to_string(i));
}

TEST_F(SubmitTest, AnEventBelowItsSinksOrItsLoggersLevelIsAcceptedAndFiltered) {
  MemorySink seen;
  Pipeline& pipeline = start({seen.options("memory", Level::warning)});
  EXPECT_TRUE(pipeline.submit({.level = Level::info, .message = "below the sink"}));
  pipeline.set_level("quiet", Level::critical);
  EXPECT_TRUE(pipeline.submit({.level = Level::error, .message = "below", .logger = "quiet.one"}));
  EXPECT_TRUE(pipeline.submit({.level = Level::error, .message = "above", .logger = "loud"}));
  ASSERT_TRUE(pipeline.flush(patience));
  EXPECT_EQ(messages_of(seen.events()), std::vector<std::string>{"above"});
  const SinkStats stats = stats_of(pipeline, "memory");
  EXPECT_EQ(stats.filtered, 2);
  EXPECT_EQ(pipeline.stats().accepted, 3);
}

TEST_F(SubmitTest, AnUnknownDestinationIsCounted) {
  Pipeline& pipeline = start({CountingSink().options("a")});
  const std::string_view destinations[] = {"nowhere", "a", "neither"};
  EXPECT_TRUE(pipeline.submit({.message = "x", .destinations = destinations}));
  ASSERT_TRUE(pipeline.flush(patience));
  EXPECT_EQ(pipeline.stats().unknown_destination, 2);
  EXPECT_EQ(stats_of(pipeline, "a").delivered, 1);
}

TEST_F(SubmitTest, TheEventTriggersApply) {
  MemorySink seen;
  PipelineOptions options;
  options.sinks = {seen.options("memory", Level::error)};
  TriggerOptions trigger;
  trigger.event = "e";
  trigger.details.level = Level::critical;
  options.triggers = {trigger};
  Pipeline& pipeline = start(std::move(options));
  EXPECT_TRUE(pipeline.submit({.level = Level::debug, .message = "x", .event = "e"}));
  ASSERT_TRUE(pipeline.flush(patience));
  EXPECT_EQ(seen.events().at(0).message, "Triggered by event: e");
  EXPECT_EQ(seen.events().at(0).level, Level::critical);
}

// A sink that is above the event, takes one in a thousand and no duplicate; a trigger and a tag
// that send the event elsewhere; a logger that is off.
class SubmitAsIsTest : public SubmitTest {
 protected:
  Pipeline& start_strict() {
    PipelineOptions options;
    options.own_events = false;
    options.max_event_bytes = 1 * KiB;
    options.sinks = {strict_.options("strict", Level::error), other_.options("other")};
    options.sinks[0].limits = {.sample = 1000, .deduplicate = 1h, .exempt = std::nullopt};
    options.triggers = {
        {.event = "e", .details = {.message = "replaced", .destinations = {"strict", "other"}}},
        {.tag = "t", .action = "route_to_sink", .details = {.destination = "other"}}};
    options.levels = {{"quiet", Level::critical}};
    return start(std::move(options));
  }
  static constexpr std::string_view tags[] = {"t"};
  static constexpr std::string_view strict_only[] = {"strict"};
  EventInput event() const {
    return {.level = Level::debug,
            .message = "was",
            .logger = "quiet.one",
            .tags = tags,
            .event = "e",
            .destinations = strict_only,
            .as_is = true};
  }

  MemorySink strict_{};
  MemorySink other_{};
};

TEST_F(SubmitAsIsTest, ItGoesToItsDestinationsWhateverLevelsTriggersAndLimitsSay) {
  Pipeline& pipeline = start_strict();
  for (int i = 0; i < 50; ++i) ASSERT_TRUE(pipeline.submit(event()));
  ASSERT_TRUE(pipeline.flush(patience));
  ASSERT_EQ(messages_of(strict_.events()), std::vector<std::string>(50, "was"));
  const OwnedEvent seen = strict_.events().front();
  EXPECT_EQ(seen.level, Level::debug);
  EXPECT_EQ(seen.event, "e");
  EXPECT_THAT(seen.tags, ElementsAre("t"));
  EXPECT_EQ(other_.size(), 0u);
  EXPECT_EQ(stats_of(pipeline, "other").filtered, 50);
}

TEST_F(SubmitAsIsTest, WithoutDestinationsTheRulesApply) {
  Pipeline& pipeline = start_strict();
  EventInput everywhere = event();
  everywhere.destinations = {};
  ASSERT_TRUE(pipeline.submit(everywhere));
  everywhere.logger = "loud";
  everywhere.event = "";
  everywhere.level = Level::info;
  ASSERT_TRUE(pipeline.submit(everywhere));
  ASSERT_TRUE(pipeline.flush(patience));
  EXPECT_EQ(strict_.size(), 0u) << "of two one is below its logger's level, one below the sink's";
  EXPECT_THAT(messages_of(other_.events()), ElementsAre("was"));
}

TEST_F(SubmitAsIsTest, AnEventThatIsCutStillGoesThere) {
  Pipeline& pipeline = start_strict();
  const std::string large(5'000, 'x');
  EventInput cut = event();
  cut.message = large;
  ASSERT_TRUE(pipeline.submit(cut));
  ASSERT_TRUE(pipeline.flush(patience));
  ASSERT_EQ(strict_.size(), 1u);
  EXPECT_TRUE(strict_.events()[0].message.starts_with("xxx"));
  EXPECT_EQ(pipeline.stats().truncated, 1);
  EXPECT_EQ(other_.size(), 0u);
}

TEST_F(SubmitAsIsTest, ItReachesASinkThatTakesDeadLettersOnly) {
  SinkOptions letters = strict_.options("strict");
  letters.only_dead_letters = true;
  Pipeline& pipeline = start({letters, other_.options("other")});
  ASSERT_TRUE(pipeline.submit(event()));
  ASSERT_TRUE(pipeline.flush(patience));
  EXPECT_THAT(messages_of(strict_.events()), ElementsAre("was"));
  EXPECT_EQ(pipeline.stats().unknown_destination, 0);
}

TEST_F(SubmitTest, LogCallsAndSubmitsOfOneThreadKeepTheirOrder) {
  MemorySink seen;
  Pipeline& pipeline = start({tiny(seen.options("memory"))});
  const Logger log = pipeline.logger("x");
  for (int i = 0; i < 5'000; i += 2) {
    log.info("{}", i);
    ASSERT_TRUE(pipeline.submit({.message = std::to_string(i + 1)}));
  }
  ASSERT_TRUE(pipeline.flush(patience));
  const auto messages = messages_of(seen.events());
  ASSERT_EQ(messages.size(), 5'000u);
  for (std::size_t i = 0; i < messages.size(); ++i) ASSERT_EQ(messages[i], std::to_string(i));
}

}  // namespace
}  // namespace penstock::test
