// SPDX-License-Identifier: Apache-2.0
// Which sink takes which event: destinations and triggers, as docs/LOGGING_GUIDE.md says.
#include <gmock/gmock.h>

#include "support/options.hpp"
#include "support/pipeline_test.hpp"
#include "support/sinks.hpp"

namespace penstock::test {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using namespace std::string_literals;
using penstock::testing::OwnedValue;

TriggerOptions on_event(std::string name, TriggerOptions::Details details = {}) {
  TriggerOptions trigger;
  trigger.event = std::move(name);
  trigger.action = "anything";
  trigger.details = std::move(details);
  return trigger;
}

TriggerOptions on_tag(std::string tag, std::string destination) {
  TriggerOptions trigger;
  trigger.tag = std::move(tag);
  trigger.action = "route_to_sink";
  trigger.details.destination = std::move(destination);
  return trigger;
}

TriggerOptions::ExtraField text_field(std::string key, std::string text) {
  return {.key = std::move(key), .text = std::move(text), .value = Value(std::string_view())};
}

// Three sinks: `all` takes everything, `info` INFO and above, `errors` ERROR and above.
class RoutingTest : public PipelineTest {
 protected:
  Logger start_with(std::vector<TriggerOptions> triggers) {
    PipelineOptions options;
    options.sinks = {all_.options("all"), info_.options("info", Level::info),
                     errors_.options("errors", Level::error)};
    options.triggers = std::move(triggers);
    pipeline_ = &start(std::move(options));
    return pipeline_->logger("app");
  }
  void flush() { ASSERT_TRUE(pipeline_->flush(patience)); }
  static auto texts(const MemorySink& sink) { return messages_of(sink.events()); }

  MemorySink all_{};
  MemorySink info_{};
  MemorySink errors_{};
  Pipeline* pipeline_ = nullptr;
};

// ---- destinations -------------------------------------------------------------------------------

TEST_F(RoutingTest, NoDestinationsMeansEverySinkAtItsLevel) {
  const Logger log = start_with({});
  log.debug("d");
  log.info("i");
  log.error("e");
  flush();
  EXPECT_THAT(texts(all_), ElementsAre("d", "i", "e"));
  EXPECT_THAT(texts(info_), ElementsAre("i", "e"));
  EXPECT_THAT(texts(errors_), ElementsAre("e"));
}

TEST_F(RoutingTest, DestinationsAreTheOnlySinksAndKeepTheirLevels) {
  const Logger log = start_with({});
  log.to({"info", "errors"}).info("i");
  log.to({"info", "errors"}).error("e");
  flush();
  EXPECT_THAT(texts(all_), IsEmpty());
  EXPECT_THAT(texts(info_), ElementsAre("i", "e"));
  EXPECT_THAT(texts(errors_), ElementsAre("e"));
  EXPECT_EQ(stats_of(*pipeline_, "all").filtered, 2);
}

TEST_F(RoutingTest, ADestinationNamedTwiceGetsTheEventOnce) {
  start_with({}).to({"info", "info"}).info("once");
  flush();
  EXPECT_THAT(texts(info_), ElementsAre("once"));
}

TEST_F(RoutingTest, TheLastDestinationsHold) {
  start_with({}).to({"all"}).to({"info"}).info("moved");
  flush();
  EXPECT_THAT(texts(all_), IsEmpty());
  EXPECT_THAT(texts(info_), ElementsAre("moved"));
}

TEST_F(RoutingTest, AnEmptyListOfDestinationsMeansEverySink) {
  start_with({}).to(std::span<const std::string_view>()).error("everywhere");
  flush();
  EXPECT_THAT(texts(all_), ElementsAre("everywhere"));
  EXPECT_THAT(texts(errors_), ElementsAre("everywhere"));
}

TEST_F(RoutingTest, AnUnknownDestinationIsCountedAtEachEventAndNamedOnce) {
  const Logger log = start_with({}).to({"nowhere", "info"});
  log.info("a");
  log.info("b");
  flush();
  EXPECT_THAT(texts(info_), ElementsAre("a", "b"));
  const PipelineStats stats = pipeline_->stats();
  EXPECT_EQ(stats.unknown_destination, 2);
  EXPECT_THAT(stats.unknown_destination_names, ElementsAre("nowhere"));
  EXPECT_FALSE(stats.all_delivered());
}

TEST_F(RoutingTest, AnEventForUnknownDestinationsOnlyIsFilteredEverywhere) {
  start_with({}).to({"nowhere", "neither"}).critical("lost");
  flush();
  EXPECT_THAT(texts(all_), IsEmpty());
  const PipelineStats stats = pipeline_->stats();
  EXPECT_EQ(stats.accepted, 1);
  EXPECT_EQ(stats.unknown_destination, 2);
  EXPECT_THAT(stats.unknown_destination_names, ElementsAre("nowhere", "neither"));
  EXPECT_EQ(stats_of(*pipeline_, "all").filtered, 1);
}

TEST_F(RoutingTest, AnUnknownDestinationBelowTheLevelIsNotCounted) {
  const Logger log = start_with({}).to({"nowhere"});
  pipeline_->set_level("app", Level::error);
  log.info("below");
  EXPECT_EQ(pipeline_->stats().unknown_destination, 0);
}

// ---- event triggers -----------------------------------------------------------------------------

TEST_F(RoutingTest, AnEventTriggerReplacesTheEventWithTheDefaults) {
  start_with({on_event("login_failed")})
      .with(field("user", "eve"))
      .tag("gone")
      .to({"errors"})
      .event("login_failed")
      .error("original {}", 1);
  flush();
  EXPECT_THAT(texts(all_), ElementsAre("Triggered by event: login_failed"));
  EXPECT_THAT(texts(info_), ElementsAre("Triggered by event: login_failed"));
  EXPECT_THAT(texts(errors_), IsEmpty()) << "the new event is INFO";
  const OwnedEvent seen = all_.events().at(0);
  EXPECT_EQ(seen.level, Level::info);
  EXPECT_EQ(seen.event, "") << "the new event has no event name";
  EXPECT_THAT(seen.tags, IsEmpty());
  EXPECT_THAT(seen.fields, IsEmpty());
  EXPECT_EQ(seen.logger, "app");
  EXPECT_NE(seen.line, 0u);
}

TEST_F(RoutingTest, AnEventTriggerSetsMessageLevelDestinationsAndFields) {
  start_with({on_event("breach", {.message = "security {literal}",
                                  .level = Level::critical,
                                  .destinations = {"errors"},
                                  .extra = {text_field("team", "alpha"),
                                            {.key = "code", .value = Value(std::int64_t{7})}}})})
      .with(field("user", "eve"))
      .event("breach")
      .debug("original", field("own", 1));
  flush();
  EXPECT_THAT(texts(all_), IsEmpty());
  EXPECT_THAT(texts(errors_), ElementsAre("security {literal}"));
  const OwnedEvent seen = errors_.events().at(0);
  EXPECT_EQ(seen.level, Level::critical);
  ASSERT_EQ(seen.fields.size(), 2u);
  EXPECT_EQ(*seen.field("team"), OwnedValue("alpha"s));
  EXPECT_EQ(*seen.field("code"), OwnedValue(std::int64_t{7}));
}

TEST_F(RoutingTest, TheSinkLevelsHoldForTheNewEvent) {
  start_with({on_event("e", {.level = Level::debug})}).event("e").critical("original");
  flush();
  EXPECT_EQ(all_.size(), 1u);
  EXPECT_EQ(info_.size(), 0u);
  EXPECT_EQ(errors_.size(), 0u);
}

TEST_F(RoutingTest, TheFirstMatchingEventTriggerWins) {
  start_with({on_event("e", {.message = "first"}), on_event("e", {.message = "second"})})
      .event("e")
      .info("original");
  flush();
  EXPECT_THAT(texts(all_), ElementsAre("first"));
}

TEST_F(RoutingTest, AnEventWithoutATriggerIsAnOrdinaryEvent) {
  start_with({on_event("other")}).event("mine").info("kept");
  flush();
  EXPECT_THAT(texts(all_), ElementsAre("kept"));
  EXPECT_EQ(all_.events().at(0).event, "mine");
}

TEST_F(RoutingTest, EventTriggersChainWhenExtraNamesAnEvent) {
  const Logger log = start_with({
      on_event("one", {.message = "one", .extra = {text_field("a", "1")}, .event = "two"}),
      on_event("two", {.message = "two", .level = Level::error, .event = "three"}),
      on_event("three", {.extra = {text_field("c", "3")}, .event = "end"}),
  });
  log.event("one").info("original");
  flush();
  EXPECT_THAT(texts(all_), ElementsAre("Triggered by event: three"));
  const OwnedEvent seen = all_.events().at(0);
  EXPECT_EQ(seen.level, Level::info);
  EXPECT_EQ(seen.event, "end");
  ASSERT_EQ(seen.fields.size(), 1u);
  EXPECT_EQ(seen.fields[0].first, "c");
}

TEST_F(RoutingTest, ACycleOfEventTriggersIsRefusedAtTheStart) {
  PipelineOptions options;
  options.sinks = {all_.options("all")};
  options.triggers = {on_event("a", {.event = "b"}), on_event("b", {.event = "a"})};
  EXPECT_FALSE(Pipeline::start(std::move(options)).ok());
}

TEST_F(RoutingTest, AnEventTriggerFiresForAnEventBelowEverySinksLevel) {
  PipelineOptions options;
  options.sinks = {errors_.options("errors", Level::error)};
  options.triggers = {on_event("e", {.message = "raised", .level = Level::critical})};
  Pipeline& pipeline = start(std::move(options));
  const Logger log = pipeline.logger("app");
  EXPECT_FALSE(log.enabled(Level::info));
  EXPECT_TRUE(log.event("e").enabled(Level::trace));
  log.event("e").trace("original");
  log.event("no trigger").trace("original");
  ASSERT_TRUE(pipeline.flush(patience));
  EXPECT_THAT(texts(errors_), ElementsAre("raised"));
  EXPECT_EQ(stats_of(pipeline, "errors").filtered, 1);
}

TEST_F(RoutingTest, ALevelOfTheLoggerKeepsEventsFromTriggers) {
  const Logger log = start_with({on_event("e", {.level = Level::critical})});
  pipeline_->set_level("app", Level::warning);
  log.event("e").info("below");
  log.event("e").warning("above");
  flush();
  EXPECT_EQ(all_.size(), 1u);
}

// ---- tag triggers -------------------------------------------------------------------------------

TEST_F(RoutingTest, ATagTriggerAddsItsSinkToTheDestinations) {
  start_with({on_tag("security", "info")}).to({"errors"}).tag("security").error("copied");
  flush();
  EXPECT_THAT(texts(all_), IsEmpty());
  EXPECT_THAT(texts(info_), ElementsAre("copied"));
  EXPECT_THAT(texts(errors_), ElementsAre("copied"));
  EXPECT_THAT(info_.events().at(0).tags, ElementsAre("security"));
}

TEST_F(RoutingTest, ATagTriggerGivesACopyOnlyIfTheSinksLevelLetsItThrough) {
  start_with({on_tag("security", "errors")}).to({"all"}).tag("security").info("too low");
  flush();
  EXPECT_THAT(texts(all_), ElementsAre("too low"));
  EXPECT_THAT(texts(errors_), IsEmpty());
  EXPECT_EQ(stats_of(*pipeline_, "errors").filtered, 1);
}

TEST_F(RoutingTest, AnEventThatReachesASinkBySeveralWaysIsDeliveredOnce) {
  start_with({on_tag("a", "info"), on_tag("b", "info"), on_tag("a", "all")})
      .tag("a")
      .tag("b")
      .tag("a")
      .info("once");
  flush();
  EXPECT_THAT(texts(info_), ElementsAre("once"));
  EXPECT_THAT(texts(all_), ElementsAre("once"));
}

TEST_F(RoutingTest, SeveralTriggersOfOneTagAllApply) {
  start_with({on_tag("t", "info"), on_tag("t", "all")}).to({"errors"}).tag("t").info("both");
  flush();
  EXPECT_THAT(texts(info_), ElementsAre("both"));
  EXPECT_THAT(texts(all_), ElementsAre("both"));
}

TEST_F(RoutingTest, TagsWithoutATriggerRouteNothing) {
  start_with({on_tag("t", "info")}).to({"all"}).tag("other").info("x");
  flush();
  EXPECT_THAT(texts(info_), IsEmpty());
}

TEST_F(RoutingTest, ATagTriggerDoesNotSeeTheTagsOfAReplacedEvent) {
  start_with({on_event("e", {.destinations = {"all"}}), on_tag("t", "info")})
      .tag("t")
      .event("e")
      .info("original");
  flush();
  EXPECT_EQ(all_.size(), 1u);
  EXPECT_EQ(info_.size(), 0u);
}

TEST_F(RoutingTest, ATagTriggerSeesTheTagsOfTheNewEvent) {
  start_with({on_event("e", {.destinations = {"all"}, .tags = {"t"}}), on_tag("t", "info")})
      .event("e")
      .info("original");
  flush();
  EXPECT_EQ(all_.size(), 1u);
  EXPECT_EQ(info_.size(), 1u);
  EXPECT_THAT(info_.events().at(0).tags, ElementsAre("t"));
}

TEST_F(RoutingTest, TheAccountOfATriggeredEventIsOneEvent) {
  start_with({on_event("e")}).event("e").info("original");
  flush();
  EXPECT_EQ(pipeline_->stats().accepted, 1);
  EXPECT_EQ(stats_of(*pipeline_, "all").delivered, 1);
}

}  // namespace
}  // namespace penstock::test
