// SPDX-License-Identifier: Apache-2.0
// Triggers: what framework files may say, and how it is understood.
#include <cmath>
#include <string>

#include <gtest/gtest.h>

#include "config/trigger_rules.hpp"
#include "config_support.hpp"

namespace penstock::config {
namespace {

std::vector<TriggerOptions> loaded(const std::string& triggers) {
  Result<PipelineOptions> options = load(with_triggers(triggers));
  EXPECT_EQ(text_of(options.errors()), "");
  return options.ok() ? options->triggers : std::vector<TriggerOptions>{};
}

// The only field of an event trigger's `extra`.
TriggerOptions::ExtraField field(const std::string& value) {
  const auto triggers =
      loaded("  - event: e\n    details:\n      extra:\n        f: " + value + "\n");
  return triggers.empty() ? TriggerOptions::ExtraField{} : triggers.at(0).details.extra.at(0);
}

TEST(Triggers, KeepAllDetailsOfAnEventTrigger) {
  const auto triggers = loaded(R"(
  - event: user_login_failed
    action: log_security_event, loudly
    details:
      message: "someone knocks"
      level: warning
      destinations: [b, a]
      extra: {team: auth, event: alarm, tags: [security, auth]}
)");
  ASSERT_EQ(triggers.size(), 1U);
  EXPECT_EQ(triggers[0].event, "user_login_failed");
  EXPECT_EQ(triggers[0].tag, "");
  EXPECT_EQ(triggers[0].action, "log_security_event, loudly");
  const TriggerOptions::Details& details = triggers[0].details;
  EXPECT_EQ(details.message, "someone knocks");
  EXPECT_EQ(details.level, Level::warning);
  EXPECT_EQ(details.destinations, (std::vector<std::string>{"b", "a"}));
  ASSERT_EQ(details.extra.size(), 1U);
  EXPECT_EQ(details.extra[0].key, "team");
  EXPECT_EQ(details.extra[0].text, "auth");
  EXPECT_EQ(details.event, "alarm");
  EXPECT_EQ(details.tags, (std::vector<std::string>{"security", "auth"}));
}

TEST(Triggers, KeepTheDestinationOfATagTrigger) {
  const auto triggers =
      loaded("  - {tag: security, action: route_to_sink, details: {destination: b}}\n");
  ASSERT_EQ(triggers.size(), 1U);
  EXPECT_EQ(triggers[0].tag, "security");
  EXPECT_EQ(triggers[0].event, "");
  EXPECT_EQ(triggers[0].action, "route_to_sink");
  EXPECT_EQ(triggers[0].details.destination, "b");
}

TEST(Triggers, NeedNoDetailsForAnEvent) {
  const auto triggers = loaded("  - {event: e}\n");
  ASSERT_EQ(triggers.size(), 1U);
  EXPECT_EQ(triggers[0].details.message, std::nullopt);
  EXPECT_EQ(triggers[0].details.level, std::nullopt);
  EXPECT_TRUE(triggers[0].details.destinations.empty());
}

TEST(Triggers, CanStandInsideLogging) {
  const Result<PipelineOptions> options =
      load("logging: {sinks: [{name: a, type: console}], triggers: [{event: e}]}");
  EXPECT_EQ(text_of(options.errors()), "");
}

TEST(Triggers, GivePlainFieldsTheirTypes) {
  EXPECT_EQ(field("42").value, Value(std::int64_t{42}));
  EXPECT_EQ(field("-1").value, Value(std::int64_t{-1}));
  EXPECT_EQ(field("-9223372036854775808").value, Value(INT64_MIN));
  EXPECT_EQ(field("9223372036854775808").value, Value(std::uint64_t{1} << 63));
  EXPECT_EQ(field("18446744073709551615").value, Value(UINT64_MAX));
  EXPECT_EQ(field("0x2A").value, Value(std::int64_t{42}));
  EXPECT_EQ(field("0o52").value, Value(std::int64_t{42}));
  EXPECT_EQ(field("1.5").value, Value(1.5));
  EXPECT_EQ(field("-1e3").value, Value(-1000.0));
  EXPECT_EQ(field("+.5").value, Value(0.5));
  EXPECT_EQ(field("2.").value, Value(2.0));
  EXPECT_EQ(field("-.inf").value, Value(-INFINITY));
  EXPECT_TRUE(std::isnan(field(".nan").value.f64()));
  EXPECT_EQ(field("true").value, Value(true));
  EXPECT_EQ(field("False").value, Value(false));
}

TEST(Triggers, KeepAllElseAsText) {
  for (const std::string text : {"yes", "no", "on", "auth", "1.2.3", "1e", "-x", "2024-01-01", "0x",
                                 "0xZ", "0o9", "1_000", "12:30", ".", "e5", "tRUE", "+"}) {
    EXPECT_EQ(field(text).value.type(), Value::Type::text) << text;
    EXPECT_EQ(field(text).text, text);
  }
  for (const std::string text : {"42", "true", "014", "", "null", "1.5"}) {
    EXPECT_EQ(field("\"" + text + "\"").value.type(), Value::Type::text) << text;
    EXPECT_EQ(field("'" + text + "'").text, text);
    EXPECT_EQ(field("!!str " + (text.empty() ? "''" : text)).text, text);
  }
}

TEST(Triggers, FlattenListsAndMappingsIntoJson) {
  EXPECT_EQ(field("[1, '1', true, ~, 0.5, .inf, {a: [], \"q\\\"\\n\\u00e9\": {}}]").text,
            "[1,\"1\",true,null,0.5,\".inf\",{\"a\":[],\"q\\\"\\u000a\xC3\xA9\":{}}]");
}

TEST(Triggers, MayChainAsLongAsNoneComesBack) {
  loaded(
      "  - {event: a, details: {extra: {event: b}}}\n"
      "  - {event: b, details: {extra: {event: c}}}\n"
      "  - {event: d, details: {extra: {event: b}}}\n");
}

TEST(Triggers, AreNoCycleWhenTheOneThatWouldCloseItNeverFires) {
  loaded(
      "  - {event: a, details: {extra: {event: b}}}\n"
      "  - {event: b, details: {message: the first of b wins}}\n"
      "  - {event: b, details: {extra: {event: a}}}\n");
}

TEST(Triggers, ReportEachCycleOnceAtItsFirstTrigger) {
  std::vector<TriggerOptions> triggers(7);
  const char* events[] = {"x", "b", "a", "c", "s", "y", ""};
  const char* next[] = {"b", "c", "b", "a", "s", "none", "s"};
  for (std::size_t i = 0; i < triggers.size(); ++i) {
    triggers[i].event = events[i];
    triggers[i].details.event = next[i];
  }
  const std::vector<TriggerCycle> cycles = find_cycles(triggers);
  ASSERT_EQ(cycles.size(), 2U);
  EXPECT_EQ(cycles[0].trigger, 1U);
  EXPECT_EQ(cycles[0].chain, "b -> c -> a -> b");
  EXPECT_EQ(cycles[1].trigger, 4U);
  EXPECT_EQ(cycles[1].chain, "s -> s");
}

TEST(Triggers, CannotNameASinkThatTakesDeadLettersOnly) {
  EXPECT_EQ(errors_of("logging: {sinks: [{name: a, type: console},"
                      " {name: letters, type: file, path: l, only_dead_letters: true}]}\n"
                      "triggers:\n"
                      "  - {event: e, details: {destinations: [a, letters]}}\n"
                      "  - {tag: t, action: route_to_sink, details: {destination: letters}}\n"),
            "3:44: 'destinations' names the sink 'letters', which takes dead letters only\n"
            "4:60: 'destination' names the sink 'letters', which takes dead letters only");
}

TEST(Triggers, CannotForgeALineOfTheReport) {
  EXPECT_EQ(
      errors_of(with_triggers("  - {event: \"a\\nb\", details: {extra: {event: \"a\\nb\"}}}\n")),
      "3:46: triggers set each other off for ever: a\\nb -> a\\nb");
}

TEST(Triggers, ShowOnlyTheStartOfALongCycle) {
  std::vector<TriggerOptions> triggers(5000);
  for (std::size_t i = 0; i < triggers.size(); ++i) {
    triggers[i].event = std::to_string(i);
    triggers[i].details.event = std::to_string((i + 1) % triggers.size());
  }
  const std::vector<TriggerCycle> cycles = find_cycles(triggers);
  ASSERT_EQ(cycles.size(), 1U);
  EXPECT_TRUE(cycles[0].chain.ends_with("-> 18 -> ... -> 0")) << cycles[0].chain;
}

}  // namespace
}  // namespace penstock::config
