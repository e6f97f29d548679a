// SPDX-License-Identifier: Apache-2.0
#include "event/text_encoder.hpp"

#include <deque>
#include <iterator>
#include <unistd.h>

#include <gtest/gtest.h>

#include "event/lines.hpp"
#include "event/random.hpp"
#include "event/records.hpp"

namespace penstock::event {
namespace {

std::string line_of(const EventParts& parts, std::string_view pattern) {
  return encode(parts, FormatType::text, pattern);
}

Record some_record() {
  return Record(
      new_site_for("order {} filled at {}", 1, 2.5, field("venue", "XETR"), field("ms", 12.0)), 0,
      {}, 17, 2.5, field("venue", "XETR"), field("ms", 12.0));
}

TEST(TextEncoder, HasTheDefaultPattern) {
  const Record record = some_record();
  EXPECT_EQ(line_of(parts_of(record), FormatOptions{}.pattern),
            "2026-01-02T03:04:05.123456Z WARNING  [4711] orders.cpp:42 orders.book: "
            "order 17 filled at 2.5 venue=XETR ms=12.0\n");
}

TEST(TextEncoder, KnowsEveryName) {
  const Record record = some_record();
  EventParts parts = parts_of(record);
  TraceContext trace;
  trace.trace_id.fill(0xAB);
  trace.span_id.fill(0x01);
  const std::string_view tags[] = {"security", "eu"};
  parts.trace = &trace;
  parts.tags = tags;
  parts.event = "filled";
  EXPECT_EQ(line_of(parts, "{time:s} {time:ms} {time:us} {time:ns}"),
            "2026-01-02T03:04:05Z 2026-01-02T03:04:05.123Z 2026-01-02T03:04:05.123456Z "
            "2026-01-02T03:04:05.123456789Z\n");
  EXPECT_EQ(line_of(parts, "{level}|{logger}|{thread}|{thread_name}"),
            "WARNING |orders.book|4711|main\n");
  EXPECT_EQ(line_of(parts, "{file}|{path}|{line}|{function}"),
            "orders.cpp|/src/orders.cpp|42|run\n");
  EXPECT_EQ(line_of(parts, "{message}|{fields}|{event}|{tags}"),
            "order 17 filled at 2.5| venue=XETR ms=12.0|filled|security,eu\n");
  EXPECT_EQ(line_of(parts, "{trace_id} {span_id}"),
            "abababababababababababababababab 0101010101010101\n");
  EXPECT_EQ(line_of(parts, "{pid}"), std::to_string(getpid()) + '\n');
  EXPECT_EQ(line_of(parts, "{{{level}}}\t{{}}"), "{WARNING }\t{}\n");
}

TEST(TextEncoder, DoesWithoutAPlace) {
  EXPECT_EQ(line_of(message_parts("m"), "{file}:{line} {file} {line} {path} {function}"),
            "-:0 - 0 - -\n");
  EXPECT_EQ(line_of(message_parts("m"), "[{fields}{event}{tags}{trace_id}{span_id}]"), "[]\n");
}

// Records of many call sites: messages with arguments and without, long ones, places of any length.
std::deque<Record> records_of_many_sites() {
  static const std::string long_text(300, 'm');
  static const std::string long_path = '/' + std::string(200, 'p') + ".cpp";
  std::deque<Record> records;
  for (std::uint32_t line = 1; line <= 60; ++line) {
    const detail::Place place{line % 7 == 0 ? long_path.c_str() : "/src/orders.cpp", "run", line};
    const auto site = [&](std::string_view format, auto... args) -> detail::CallSite& {
      return new_site(format, {detail::arg_spec<decltype(args)>()...}, place);
    };
    switch (line % 6) {
      case 0:
        records.emplace_back(site("m"), 0, "");
        break;
      case 1:
        records.emplace_back(site("{} of {}", 1, 2.5), 0, "", 1, 2.5);
        break;
      case 2:
        records.emplace_back(site(long_text), 0, "");
        break;
      case 3:
        records.emplace_back(site("\x1b[1m {} !", Grumpy{}), 0, "", Grumpy{line % 2 == 0});
        break;
      case 4:
        records.emplace_back(site("at {:>8}", std::string_view()), 0, "", std::string_view("x"));
        break;
      default:
        records.emplace_back(site("{}", std::string_view()), 0, "", std::string_view(long_text));
    }
  }
  return records;
}

// An encoder that knows by the logger's number what lines have in common, against one that does
// not.
TEST(TextEncoder, WhatLinesHaveInCommonIsThatOfEach) {
  const std::string usual = FormatOptions{}.pattern;
  const std::string_view patterns[] = {
      usual,
      "{time} [{thread}] {level} {logger} {file}:{line} {message}",
      "{logger}{level}",
      "{level} {message} {path}|{function}|{line}|{pid}|{thread}{message}",
      "{thread} {thread_name} {logger} {level}{event}: {message}",
      "{message}",
  };
  constexpr std::string_view loggers[] = {"a", "b.c", "\x1b[31m",
                                          "a.name.of.more.than.32.characters"};
  constexpr Level levels[] = {Level::info, Level::warning, Level::error};
  constexpr std::uint64_t threads[] = {1, 4711, 4'000'000'000};
  const std::deque<Record> records = records_of_many_sites();
  Random random;
  for (const std::string_view pattern : patterns) {
    const auto knowing = make_encoder({.type = FormatType::text, .pattern = std::string(pattern)});
    for (int i = 0; i < rounds(5000); ++i) {
      EventParts parts =
          random.one_in(9)
              ? message_parts("m")
              : parts_of(
                    records[random.one_in(2) ? random.below(6) : random.below(records.size())]);
      const std::size_t logger = random.below(std::size(loggers));
      parts.logger = loggers[logger];
      parts.level = random.pick(levels);
      parts.thread_id = random.pick(threads);
      if (random.one_in(9)) parts.truncated_bytes = 7;
      if (random.one_in(9)) {
        parts.has_message = true;
        parts.message = "of a trigger";
      }
      const std::string expected = line_of(parts, pattern);
      if (!random.one_in(5)) parts.logger_id = static_cast<std::uint32_t>(logger) + 1;
      ASSERT_EQ(encode(*knowing, parts), expected) << pattern;
    }
  }
}

TEST(TextEncoder, HasAllLevelsInOneWidth) {
  EventParts parts = message_parts("");
  for (int i = 0; i < level_count; ++i) {
    parts.level = static_cast<Level>(i);
    const std::string name(level_name(parts.level));
    EXPECT_EQ(line_of(parts, "{level}|"), name + std::string(8 - name.size(), ' ') + "|\n");
  }
}

TEST(TextEncoder, TakesNamesOfAnyLength) {
  EventParts parts = message_parts("m");
  for (std::size_t size = 0; size < 200; ++size) {
    const std::string name(size, 'n');
    parts.logger = name;
    auto& site = new_site("", {}, {name.c_str(), name.c_str(), 1});
    parts.plan = &plan_of(site);
    const std::string shown = name.empty() ? "-" : name;
    EXPECT_EQ(line_of(parts, "{logger} {file} {path} {function} {file}:{line} {thread}"),
              name + ' ' + shown + ' ' + shown + ' ' + shown + ' ' + shown + ":1 4711\n");
  }
}

TEST(TextEncoder, ShowsTheThreadOfEachEvent) {
  const auto encoder = make_encoder({.pattern = "{thread}"});
  EventParts parts = message_parts("");
  for (const std::uint64_t id : {std::uint64_t{0}, std::uint64_t{7}, std::uint64_t{7},
                                 std::uint64_t{123456}, ~std::uint64_t{0}, std::uint64_t{1}}) {
    parts.thread_id = id;
    EXPECT_EQ(encode(*encoder, parts), std::to_string(id) + '\n');
  }
}

TEST(TextEncoder, OfEqualFieldKeysTheLastHolds) {
  EventParts parts = message_parts("m");
  const FieldView fields[] = {
      {"a", Value(true)}, {"a b", Value(std::int64_t{-1})}, {"a", Value(std::string_view("x y"))}};
  parts.context_fields = fields;
  EXPECT_EQ(line_of(parts, "{message}{fields}"), "m a_b=-1 a=\"x y\"\n");
}

// Whatever an event brings, its line is one line, and acts on no terminal.
TEST(TextEncoder, ShowsNoControlCharacter) {
  Random random;
  const auto encoder = make_encoder(
      {.pattern = "{logger}{message}{event}{tags}{thread_name}{fields}{function}{path} {file}"});
  for (int i = 0; i < rounds(3000); ++i) {
    const std::string texts[] = {random.text(), random.text(), random.text(),
                                 random.text(), random.text(), random.text()};
    EventParts parts = message_parts(texts[0]);
    parts.logger = texts[1];
    parts.event = texts[2];
    parts.thread_name = texts[3];
    const std::string_view tags[] = {texts[4], texts[5]};
    const FieldView fields[] = {{texts[1], Value(std::string_view(texts[2]))}};
    parts.tags = tags;
    parts.context_fields = fields;
    ASSERT_NO_FATAL_FAILURE(expect_clean_line(encode(*encoder, parts)));
  }
}

// ---- patterns -----------------------------------------------------------------------------------

std::string problem_of(std::string_view pattern) { return to_string(check_pattern(pattern)); }

TEST(Pattern, AcceptsWhatItKnows) {
  EXPECT_EQ(problem_of(FormatOptions{}.pattern), "");
  EXPECT_EQ(problem_of("\x1b[1m{level}\x1b[0m {{grüße}} {time:ns}"), "");
}

TEST(Pattern, NamesTheNearestName) {
  EXPECT_EQ(problem_of("{time} {mesage}"),
            "pattern, position 8: unknown name {mesage}; did you mean {message}?\n");
  EXPECT_EQ(problem_of("{Level}"),
            "pattern, position 1: unknown name {Level}; did you mean {level}?\n");
  EXPECT_EQ(problem_of("{time:µs}{zzzzzzzzz}"),
            "pattern, position 1: unknown name {time:µs}; did you mean {time:s}?\n"
            "pattern, position 11: unknown name {zzzzzzzzz}\n");
  EXPECT_EQ(problem_of("{}"), "pattern, position 1: unknown name {}\n");
}

TEST(Pattern, RefusesStrayBraces) {
  EXPECT_EQ(problem_of("a } b"),
            "pattern, position 3: '}' without '{' (for the character itself write '}}')\n");
  EXPECT_EQ(problem_of("{time"),
            "pattern, position 1: '{' without '}' (for the character itself write '{{')\n");
  EXPECT_EQ(problem_of("{time {level}"),
            "pattern, position 1: '{' without '}' (for the character itself write '{{')\n");
}

TEST(Pattern, RefusesWhatWouldBreakLines) {
  EXPECT_EQ(problem_of(""), "pattern, position 1: empty\n");
  EXPECT_EQ(problem_of("{message}\n"), "pattern, position 10: line break\n");
  EXPECT_EQ(problem_of("\xff{message}"), "pattern, position 1: not UTF-8\n");
}

TEST(Pattern, ShowsWhatItRefusesAsItIs) {
  EXPECT_EQ(line_of(message_parts("m"), "{mesage} } { {message}"), "{mesage} } { m\n");
}

TEST(Pattern, TakesAnyBytes) {
  Random random;
  for (int i = 0; i < rounds(2000); ++i) {
    std::string pattern = random.text();
    if (random.one_in(2)) pattern.insert(random.below(pattern.size() + 1), "{message}");
    check_pattern(pattern);
    EXPECT_TRUE(line_of(message_parts("m"), pattern).ends_with('\n'));
  }
}

}  // namespace
}  // namespace penstock::event
