// SPDX-License-Identifier: Apache-2.0
// validate(): options that were built by hand follow the rules of the file.
#include <string>

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

}  // namespace
}  // namespace penstock::config
