// SPDX-License-Identifier: Apache-2.0
// Good configurations: every option gets where it belongs.
#include "config/config.hpp"

#include <chrono>
#include <string>

#include <gtest/gtest.h>

#include "config_support.hpp"

namespace penstock::config {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view all_options = R"(
logging:
  default_level: warning
  levels:
    root: INFO
    orders.book: trace
    "": DEBUG
  max_bytes: 256MiB
  max_event_bytes: 2 MiB
  oversize: refuse
  sinks:
    - name: Console_1
      type: console
      stream: stderr
      color: never
      level: ERROR
      format: {type: text, pattern: "{level} {message}"}
      queue: {max_bytes: 128MiB, reserve: 25%}
      batch: {max_events: 100, max_bytes: 64KiB, linger: 250us}
      when_full: drop_oldest
      block_timeout: 1.5s
      affinity: [0]
      required: true
    - name: audit
      type: file
      path: audit.log
      format: logfmt
      when_full: drop_newest
      block_timeout: forever
    - name: nothing
      type: null
      format: json
      when_full: block
      block_timeout: 0
)";

PipelineOptions loaded(std::string_view yaml) {
  Result<PipelineOptions> options = load(yaml);
  EXPECT_EQ(text_of(options.errors()), "");
  return options.ok() ? *options : PipelineOptions{};
}

std::string without_line(std::string_view yaml, std::string_view line) {
  std::string text(yaml);
  text.erase(text.find(line), line.size());
  return text;
}

TEST(Config, SetsEveryOptionOfThePipeline) {
  const PipelineOptions options = loaded(without_line(all_options, "    \"\": DEBUG\n"));
  EXPECT_EQ(options.default_level, Level::warning);
  ASSERT_EQ(options.levels.size(), 2U);
  EXPECT_EQ(options.levels[0].logger, "");
  EXPECT_EQ(options.levels[0].level, Level::info);
  EXPECT_EQ(options.levels[1].logger, "orders.book");
  EXPECT_EQ(options.levels[1].level, Level::trace);
  EXPECT_EQ(options.max_bytes, 256 * MiB);
  EXPECT_EQ(options.max_event_bytes, 2 * MiB);
  EXPECT_EQ(options.oversize, Oversize::refuse);
  EXPECT_EQ(options.sinks.size(), 3U);
  EXPECT_TRUE(options.left_out.empty());
  EXPECT_TRUE(validate(options).empty());
}

TEST(Config, SetsEveryOptionOfASink) {
  const PipelineOptions options = loaded(without_line(all_options, "    root: INFO\n"));
  ASSERT_EQ(options.sinks.size(), 3U);
  const SinkOptions& sink = options.sinks[0];
  EXPECT_EQ(sink.name, "Console_1");
  EXPECT_EQ(sink.type, "console");
  EXPECT_TRUE(sink.make);
  EXPECT_EQ(sink.level, Level::error);
  EXPECT_EQ(sink.format.type, FormatType::text);
  EXPECT_EQ(sink.format.pattern, "{level} {message}");
  EXPECT_EQ(sink.queue.max_bytes, 128 * MiB);
  EXPECT_EQ(sink.queue.reserve_percent, 25U);
  EXPECT_EQ(sink.batch.max_events, 100U);
  EXPECT_EQ(sink.batch.max_bytes, 64 * KiB);
  EXPECT_EQ(sink.batch.linger, 250us);
  EXPECT_EQ(sink.when_full, WhenFull::drop_oldest);
  EXPECT_EQ(sink.block_timeout, 1500ms);
  EXPECT_EQ(sink.affinity, (std::vector<int>{0}));
  EXPECT_TRUE(sink.required);

  EXPECT_EQ(options.sinks[1].format.type, FormatType::logfmt);
  EXPECT_EQ(options.sinks[1].when_full, WhenFull::drop_newest);
  EXPECT_EQ(options.sinks[1].block_timeout, forever);
  EXPECT_EQ(options.sinks[2].type, "null");
  EXPECT_EQ(options.sinks[2].format.type, FormatType::json);
  EXPECT_EQ(options.sinks[2].when_full, WhenFull::block);
  EXPECT_EQ(options.sinks[2].block_timeout, 0ns);
}

TEST(Config, LeavesTheDefaultsAloneWhereTheFileSaysNothing) {
  const PipelineOptions options = loaded("logging: {sinks: [{name: a, type: console}]}");
  const PipelineOptions defaults;
  EXPECT_EQ(options.default_level, defaults.default_level);
  EXPECT_EQ(options.max_bytes, defaults.max_bytes);
  EXPECT_EQ(options.max_event_bytes, defaults.max_event_bytes);
  EXPECT_EQ(options.oversize, defaults.oversize);
  ASSERT_EQ(options.sinks.size(), 1U);
  const SinkOptions sink;
  EXPECT_EQ(options.sinks[0].level, std::nullopt);
  EXPECT_EQ(options.sinks[0].format.pattern, sink.format.pattern);
  EXPECT_EQ(options.sinks[0].queue.max_bytes, sink.queue.max_bytes);
  EXPECT_EQ(options.sinks[0].queue.reserve_percent, sink.queue.reserve_percent);
  EXPECT_EQ(options.sinks[0].batch.max_events, sink.batch.max_events);
  EXPECT_EQ(options.sinks[0].batch.linger, sink.batch.linger);
  EXPECT_EQ(options.sinks[0].when_full, sink.when_full);
  EXPECT_EQ(options.sinks[0].block_timeout, sink.block_timeout);
  EXPECT_FALSE(options.sinks[0].required);
}

TEST(Config, AcceptsAnUnquotedNullAsTheTypeNull) {
  EXPECT_EQ(loaded("logging: {sinks: [{name: a, type: null}]}").sinks.at(0).type, "null");
  EXPECT_EQ(loaded("logging: {sinks: [{name: a, type: 'null'}]}").sinks.at(0).type, "null");
}

TEST(Config, AcceptsWindowsLinesAByteOrderMarkAndAnEndMark) {
  loaded("\xEF\xBB\xBFlogging:\r\n  sinks:\r\n    - name: a\r\n      type: console\r\n...\r\n");
  loaded("%YAML 1.2\n---\nlogging: {sinks: [{name: a, type: console}]}\n...\n...\n");
}

TEST(Config, AcceptsAliases) {
  const PipelineOptions options = loaded(R"(
logging:
  sinks:
    - {name: a, type: console, queue: &queue {max_bytes: 1MiB}}
    - {name: b, type: console, queue: *queue}
)");
  EXPECT_EQ(options.sinks.at(1).queue.max_bytes, 1 * MiB);
}

TEST(Config, ReportsAllErrorsAtOnceInTheOrderOfTheFile) {
  EXPECT_EQ(errors_of(R"(triggers:
  - {event: a, tag: b}
  - {tag: t, action: route_to_sink, details: {destination: nowhere}}
logging:
  default_level: LOUD
  sinks:
    - name: a
      type: console
      level: ${NOT_SET}
      batch: {linger: 5}
    - name: a
      type: fil
      level: INFO
      level: DEBUG
  zebra: 1
)"),
            "2:5: a trigger must have exactly one of 'event' and 'tag', not both\n"
            "3:60: 'destination' names the unknown sink 'nowhere'; the sinks are a\n"
            "5:18: 'default_level' cannot be 'LOUD'; it is one of TRACE, DEBUG, INFO, WARNING, "
            "ERROR, CRITICAL\n"
            "9:14: environment variable 'NOT_SET' is not set; ${NOT_SET:-default} gives it a "
            "default\n"
            "10:23: 'linger' needs a unit: write 5ms, 5s, or another of ns, us, ms, s, m, h, d\n"
            "11:13: duplicate sink name 'a'; the first is in line 7\n"
            "12:13: 'type' cannot be 'fil' (did you mean 'file'?); it is one of console, file, "
            "null, webhook\n"
            "14:7: duplicate key 'level'; the first is in line 13\n"
            "15:3: unknown key 'zebra' in 'logging'; valid keys are default_level, levels, sinks, "
            "triggers, max_bytes, max_event_bytes, oversize, own_events");
}

TEST(Config, NamesTheFileInEachError) {
  const Errors errors = load("logging: {sinks: [{name: a, type: x}, {name: b, type: y}]}").errors();
  ASSERT_EQ(errors.size(), 2U);
  EXPECT_EQ(errors[0].file, "test.yml");
  EXPECT_EQ(errors[1].file, "test.yml");
}

TEST(Config, PutsEnvironmentVariablesIntoEveryScalar) {
  const PipelineOptions options = loaded(R"(
logging:
  levels:
    ${SINK}: ${LEVEL}
  sinks:
    - name: ${SINK}
      type: file
      path: ${DIR:-logs}/${SINK}.log
      level: ${LEVEL}
      batch: {max_events: "${PORT}"}
triggers:
  - event: e
    details:
      message: cost $${PORT} is ${PORT}${EMPTY}${EMPTY:-!}
      destinations: ["${SINK}"]
      extra:
        number: ${PORT}
        text: "${PORT}"
)");
  EXPECT_EQ(options.levels.at(0).logger, "from_env");
  EXPECT_EQ(options.levels.at(0).level, Level::info);
  EXPECT_EQ(options.sinks.at(0).name, "from_env");
  EXPECT_EQ(options.sinks.at(0).batch.max_events, 8080U);
  const TriggerOptions::Details& details = options.triggers.at(0).details;
  EXPECT_EQ(details.message, "cost ${PORT} is 8080!");
  EXPECT_EQ(details.extra.at(0).value, Value(std::int64_t{8080}));
  EXPECT_EQ(details.extra.at(1).text, "8080");
}

TEST(Config, NeverReadsAVariableAsYaml) {
  const PipelineOptions options = loaded(with_triggers(
      "  - {event: e, details: {extra: {a: \"${STRUCTURE}\", b: \"${RECURSE}\"}}}\n"));
  EXPECT_EQ(options.triggers.at(0).details.extra.at(0).text, "x, level: ERROR}\n- y");
  EXPECT_EQ(options.triggers.at(0).details.extra.at(1).text, "${LEVEL}");
}

TEST(Config, RefusesAVariableThatIsNotText) {
  EXPECT_EQ(errors_of(with_triggers("  - event: ${BROKEN}\n")),
            "3:12: environment variable 'BROKEN' holds a byte that is not UTF-8");
}

}  // namespace
}  // namespace penstock::config
