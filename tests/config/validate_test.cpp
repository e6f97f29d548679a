// SPDX-License-Identifier: Apache-2.0
// validate(): options that were built by hand follow the rules of the file.
#include <string>
#include <unistd.h>

#include <gtest/gtest.h>

#include "config_support.hpp"
#include "penstock/sinks.hpp"

namespace penstock::config {
namespace {

using namespace std::chrono_literals;

PipelineOptions good() {
  PipelineOptions options;
  options.sinks.push_back({.name = "a", .make = null_sink()});
  options.sinks.push_back({.name = "b", .make = console_sink()});
  return options;
}

std::string problems(const PipelineOptions& options) { return text_of(validate(options)); }

TEST(Validate, HasNoComplaintAboutGoodOptions) {
  PipelineOptions options = good();
  options.left_out.push_back({"hook", "not in this build"});
  options.triggers.push_back({.event = "e", .details = {.destinations = {"a", "hook"}}});
  options.triggers.push_back(
      {.tag = "t", .action = "route_to_sink", .details = {.destination = "b"}});
  EXPECT_EQ(problems(options), "");
}

TEST(Validate, NeedsASink) { EXPECT_EQ(problems({}), "there must be at least one sink"); }

TEST(Validate, SaysWhyNoSinkIsLeft) {
  PipelineOptions options;
  options.left_out = {{"a", "no plugin"}, {"b", "no processor"}};
  EXPECT_EQ(problems(options),
            "no sink is left to run: 'a' is left out: no plugin\n"
            "no sink is left to run: 'b' is left out: no processor");
}

TEST(Validate, ReportsEveryProblemOfTheSinks) {
  PipelineOptions options = good();
  options.sinks[1].name = "a";
  options.sinks[1].make = nullptr;
  options.sinks.push_back({.name = "no spaces", .make = null_sink()});
  options.left_out.push_back({"a", "reason"});
  EXPECT_EQ(problems(options),
            "duplicate sink name 'a'\n"
            "sink name 'no spaces' can hold letters, digits and underscores only\n"
            "duplicate sink name 'a'\n"
            "sink 'a': 'make' is not set");
}

TEST(Validate, ReportsEveryNumberOutOfItsRange) {
  PipelineOptions options = good();
  options.max_bytes = 1;
  options.max_event_bytes = 17 * MiB;
  SinkOptions& sink = options.sinks[0];
  sink.queue = {.max_bytes = 1, .reserve_percent = 91};
  sink.batch = {.max_events = 0, .max_bytes = 1, .linger = 61s};
  sink.block_timeout = -1ns;
  sink.affinity = {0, -1, 1024};
  EXPECT_EQ(problems(options),
            "max_bytes is 1B; the range is 0, or 64KiB .. 1TiB\n"
            "max_event_bytes is 17MiB; the range is 1KiB .. 16MiB\n"
            "sink 'a': queue.max_bytes is 1B; the range is 64KiB .. 64GiB\n"
            "sink 'a': queue.reserve_percent is 91; the range is 0 .. 90\n"
            "sink 'a': batch.max_events is 0; the range is 1 .. 1000000\n"
            "sink 'a': batch.max_bytes is 1B; the range is 1KiB .. 256MiB\n"
            "sink 'a': batch.linger is 61s; the range is 0 .. 1m\n"
            "sink 'a': block_timeout is -1ns; the range is 0 .. forever\n"
            "sink 'a': affinity has CPU -1; the range is 0 .. 1023\n"
            "sink 'a': affinity has CPU 1024; the range is 0 .. 1023");
}

TEST(Validate, ReportsTwoLevelsForOneLogger) {
  PipelineOptions options = good();
  options.levels = {{"x", Level::info}, {"", Level::info}, {"x", Level::debug}};
  EXPECT_EQ(problems(options), "levels: logger 'x' has two levels");
}

TEST(Validate, ReportsEveryProblemOfTheTriggers) {
  PipelineOptions options = good();
  options.triggers.resize(5);
  options.triggers[1] = {.event = "e", .tag = "t", .details = {}};
  options.triggers[2] = {.event = "e", .details = {.destinations = {"nowhere"}, .event = "e"}};
  options.triggers[3] = {.tag = "t", .action = "route", .details = {.destination = ""}};
  options.triggers[4] = {.event = "f", .details = {.extra = {{.text = "x"}}}};
  EXPECT_EQ(problems(options),
            "triggers[0]: must have exactly one of 'event' and 'tag', not neither\n"
            "triggers[1]: must have exactly one of 'event' and 'tag', not both\n"
            "triggers[2]: names the unknown sink 'nowhere'\n"
            "triggers[3]: the action of a tag trigger is 'route_to_sink', not 'route'\n"
            "triggers[3]: names the unknown sink ''\n"
            "triggers[4]: a field of 'extra' needs a key");
}

TEST(Validate, ReportsTriggersForASinkThatTakesDeadLettersOnly) {
  PipelineOptions options = good();
  options.sinks[1].only_dead_letters = true;
  options.triggers.push_back({.event = "e", .details = {.destinations = {"a", "b"}}});
  options.triggers.push_back(
      {.tag = "t", .action = "route_to_sink", .details = {.destination = "b"}});
  EXPECT_EQ(problems(options),
            "triggers[0]: names the sink 'b', which takes dead letters only\n"
            "triggers[1]: names the sink 'b', which takes dead letters only");
}

TEST(Validate, ReportsCycles) {
  PipelineOptions options = good();
  options.triggers.push_back({.event = "e", .details = {.event = "f"}});
  options.triggers.push_back({.event = "f", .details = {.event = "e"}});
  EXPECT_EQ(problems(options), "triggers[0]: triggers set each other off for ever: e -> f -> e");
}

TEST(Validate, ReportsABadPatternAsTheFileDoes) {
  PipelineOptions options = good();
  options.sinks[0].format.pattern = "{message} {mesage}";
  const Errors errors = validate(options);
  ASSERT_EQ(errors.size(), 1U);
  const std::string in_file = errors_of(
      "logging: {sinks: [{name: a, type: console, format: {pattern: '{message} {mesage}'}}]}");
  EXPECT_TRUE(in_file.starts_with("1:62: pattern, position 11: unknown name {mesage}")) << in_file;
  EXPECT_EQ("1:62: " + errors[0].message, "1:62: sink 'a': " + in_file.substr(6));
  options.sinks[0].format.type = FormatType::json;
  EXPECT_EQ(problems(options), "");
}

std::string machine() {
  const long count = ::sysconf(_SC_NPROCESSORS_CONF);
  return fmt::format("this machine has {} CPU{}, 0 .. {}", count, count == 1 ? "" : "s", count - 1);
}

// A CPU that there is not is found before the sink's thread is bound to it.
TEST(Validate, KnowsTheCpusOfTheMachine) {
  const long count = ::sysconf(_SC_NPROCESSORS_CONF);
  if (count > 1023) GTEST_SKIP() << "every number that can be written is a CPU here";
  PipelineOptions options = good();
  options.sinks[0].affinity = {0, static_cast<int>(count)};
  const std::string problem = fmt::format("has CPU {}; {}", count, machine());
  EXPECT_EQ(problems(options), "sink 'a': affinity " + problem);
  EXPECT_EQ(errors_of(fmt::format(
                "logging: {{sinks: [{{name: a, type: console, affinity: [{}]}}]}}", count)),
            "1:55: 'affinity' " + problem);
}

TEST(Validate, TakesSixtySinksAndNoMore) {
  PipelineOptions options;
  std::string yaml = "logging:\n  sinks:\n";
  for (int i = 0; i < 60; ++i) {
    options.sinks.push_back({.name = fmt::format("s{}", i), .make = null_sink()});
    yaml += fmt::format("    - {{name: s{}, type: null}}\n", i);
  }
  EXPECT_EQ(problems(options), "");
  EXPECT_EQ(errors_of(yaml), "");
  options.sinks.push_back({.name = "more", .make = null_sink()});
  const std::string problem = "61 sinks are more than the 60 that one pipeline can have";
  EXPECT_EQ(problems(options), problem);
  EXPECT_EQ(errors_of(yaml + "    - {name: more, type: null}\n"), "2:3: " + problem);
}

TEST(Validate, RefusesLoggerNamesWithEmptyParts) {
  PipelineOptions options = good();
  options.levels = {{"", Level::info}, {"a.b", Level::info}, {"..", Level::info}};
  EXPECT_EQ(problems(options), "levels: logger '..': a part between dots cannot be empty");
}

TEST(Validate, RefusesNumbersThatNoEnumHas) {
  PipelineOptions options = good();
  options.default_level = Level(99);
  options.oversize = Oversize(9);
  options.levels = {{"x", Level(6)}};
  options.sinks[0].level = Level(99);
  options.sinks[0].when_full = WhenFull(9);
  options.sinks[0].format.type = FormatType(3);
  options.triggers.push_back({.event = "e", .details = {.level = Level(7)}});
  EXPECT_EQ(problems(options),
            "default_level is 99, which is none of its values (0 .. 5)\n"
            "oversize is 9, which is none of its values (0 .. 1)\n"
            "levels: logger 'x' is 6, which is none of its values (0 .. 5)\n"
            "sink 'a': level is 99, which is none of its values (0 .. 5)\n"
            "sink 'a': when_full is 9, which is none of its values (0 .. 2)\n"
            "sink 'a': format.type is 3, which is none of its values (0 .. 2)\n"
            "triggers[0]: level is 7, which is none of its values (0 .. 5)");
}

}  // namespace
}  // namespace penstock::config
