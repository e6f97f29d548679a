// SPDX-License-Identifier: Apache-2.0
#include "cli/event_reader.hpp"

#include <string>
#include <string_view>

#include <gtest/gtest.h>

namespace penstock::cli {
namespace {

using Kind = Line::Kind;

class EventReaderTest : public ::testing::Test {
 protected:
  const EventInput* read(EventReader& reader, std::string_view text, Kind kind = Kind::whole) {
    return reader.read(padded(text, kind));
  }
  Line padded(std::string_view text, Kind kind) {
    bytes_ = std::string(text) + std::string(LineSplitter::padding_bytes, '#');
    return {std::string_view(bytes_).substr(0, text.size()), kind};
  }
  // What the field says; empty when there is none.
  static std::string_view malformed(const EventInput& event) {
    for (const FieldView& field : event.fields) {
      if (field.key == "malformed") return field.value.text();
    }
    return {};
  }

  std::string bytes_;
};

TEST_F(EventReaderTest, ADeadLetterIsTheEventThatItWasForTheSinkThatRefusedIt) {
  EventReader reader(InputFormat::letters);
  const EventInput* event =
      read(reader,
           R"({"time":"2026-01-02T03:04:05.123456789Z","level":"ERROR","logger":"a.b","thread":7,)"
           R"("file":"x.cpp","line":9,"message":"bad \u00e4","event":"login","tags":["t","u"],)"
           R"("trace_id":"0102030405060708090a0b0c0d0e0f10","span_id":"0102030405060708",)"
           R"("fields":{"n":-5,"u":18446744073709551615,"d":1.5,"b":true,"s":"x",)"
           R"("dead_letter_sink":"kafka","dead_letter_attempts":3}})");
  ASSERT_NE(event, nullptr) << reader.first_left_out();
  EXPECT_EQ(event->time_ns, 1767323045123456789);
  EXPECT_EQ(event->level, Level::error);
  EXPECT_EQ(event->logger, "a.b");
  EXPECT_EQ(event->message, "bad \xC3\xA4");
  EXPECT_EQ(event->event, "login");
  ASSERT_EQ(event->tags.size(), 2U);
  EXPECT_NE(event->trace, nullptr);
  ASSERT_EQ(event->destinations.size(), 1U);
  EXPECT_EQ(event->destinations[0], "kafka");
  std::string fields;
  for (const FieldView& field : event->fields) fields += std::string(field.key) + " ";
  EXPECT_EQ(fields, "thread file line n u d b s ");
}

TEST_F(EventReaderTest, OfADeadLetterExactlyTheFieldsThatMadeItOneGo) {
  EventReader reader(InputFormat::letters);
  const EventInput* event =
      read(reader,
           R"({"message":"m","fields":{"dead_letter_note":"mine","dead_letter_":1,)"
           R"("dead_letter_sink":"kafka","dead_letter_reason":"r","dead_letter_attempts":3,)"
           R"("dead_letter_first_error":"a","dead_letter_last_error":"b",)"
           R"("dead_letter_first_time":"c","dead_letter_last_time":"d","dead_letter_sinks":2}})");
  ASSERT_NE(event, nullptr) << reader.first_left_out();
  std::string fields;
  for (const FieldView& field : event->fields) fields += std::string(field.key) + " ";
  EXPECT_EQ(fields, "dead_letter_note dead_letter_ dead_letter_sinks ");
  EXPECT_TRUE(event->as_is) << "no rule is asked a second time";
}

TEST_F(EventReaderTest, WhatIsNoDeadLetterIsLeftOutAndTheFirstOneTold) {
  EventReader reader(InputFormat::letters);
  EXPECT_EQ(read(reader, ""), nullptr);
  EXPECT_EQ(read(reader, "text"), nullptr);
  EXPECT_EQ(reader.first_left_out(), "line 2: it is not a JSON object");
  for (const char* line :
       {R"({"message":"no letter"})", R"({"level":"LOUD","fields":{"dead_letter_sink":"a"}})",
        R"({"time":5,"fields":{"dead_letter_sink":"a"}})",
        R"({"fields":{"dead_letter_sink":"a","x":[1]}})", R"({"fields":{"dead_letter_sink":1}})"}) {
    EXPECT_EQ(read(reader, line), nullptr) << line;
  }
  EXPECT_EQ(read(reader, R"({"fields":{"dead_letter_sink":"a"}})", Kind::last_piece), nullptr);
  EXPECT_EQ(reader.counts().no_letter, 7);
  EXPECT_EQ(reader.counts().malformed, 0);
}

TEST_F(EventReaderTest, ATextLineIsAMessageAtInfo) {
  EventReader reader(InputFormat::text);
  const EventInput* event = read(reader, R"({"message":"not looked at","level":"ERROR"})");
  ASSERT_NE(event, nullptr);
  EXPECT_EQ(event->message, R"({"message":"not looked at","level":"ERROR"})");
  EXPECT_EQ(event->level, Level::info);
  EXPECT_TRUE(event->fields.empty());
  EXPECT_EQ(reader.counts().malformed, 0);
}

TEST_F(EventReaderTest, AutomaticTakesEachLineForWhatItIs) {
  EventReader reader(InputFormat::automatic);
  EXPECT_EQ(read(reader, R"( {"message":"m"})")->message, "m");
  EXPECT_EQ(read(reader, "plain")->message, "plain");
  EXPECT_EQ(read(reader, "[1,2]")->message, "[1,2]");
  EXPECT_EQ(read(reader, "  ")->message, "  ");
  EXPECT_EQ(reader.counts().malformed, 0);
  EXPECT_EQ(reader.counts().lines, 4);
  const EventInput* event = read(reader, "{ not json");
  EXPECT_EQ(event->message, "{ not json");
  EXPECT_NE(malformed(*event), "");
  EXPECT_EQ(reader.counts().malformed, 1);
}

TEST_F(EventReaderTest, MalformedLinesGoOnAsTextAndAreCounted) {
  EventReader reader(InputFormat::ndjson);
  const EventInput* event = read(reader, "plain \xff text");
  EXPECT_EQ(event->message, "plain \xff text");
  EXPECT_EQ(event->level, Level::info);
  EXPECT_EQ(malformed(*event), "not a JSON object");
  event = read(reader, R"({"level":"loud"})");
  EXPECT_EQ(event->message, R"({"level":"loud"})");
  EXPECT_EQ(malformed(*event), "'level' is 'loud', which is no level");
  EXPECT_EQ(reader.counts().malformed, 2);
  EXPECT_EQ(malformed(*read(reader, R"({"message":"fine"})")), "");
  EXPECT_EQ(reader.counts().lines, 3);
}

TEST_F(EventReaderTest, AWrongParameterIsMalformedInAutomaticToo) {
  EventReader reader(InputFormat::automatic);
  EXPECT_NE(malformed(*read(reader, R"({"level":"loud"})")), "");
  EXPECT_EQ(reader.counts().malformed, 1);
}

TEST_F(EventReaderTest, EmptyLinesAreCounted) {
  for (const InputFormat format :
       {InputFormat::automatic, InputFormat::ndjson, InputFormat::text}) {
    EventReader reader(format);
    EXPECT_EQ(read(reader, ""), nullptr);
    EXPECT_EQ(reader.counts().empty, 1);
    EXPECT_EQ(reader.counts().lines, 1);
  }
  EventReader reader(InputFormat::ndjson);
  EXPECT_EQ(read(reader, " \t"), nullptr);
  EXPECT_EQ(reader.counts().empty, 1);
}

TEST_F(EventReaderTest, PiecesOfALineSaySo) {
  EventReader reader(InputFormat::ndjson);
  const EventInput* event = read(reader, "{\"a\":", Kind::piece);
  ASSERT_EQ(event->fields.size(), 2U);
  EXPECT_EQ(event->fields[1], (FieldView{"continued", Value(true)}));
  event = read(reader, "1}", Kind::last_piece);
  EXPECT_EQ(event->message, "1}");
  EXPECT_EQ(event->fields[1], (FieldView{"continued", Value(false)}));
  EXPECT_EQ(reader.counts().lines, 1);
  EXPECT_EQ(reader.counts().malformed, 1);
}

TEST_F(EventReaderTest, ALineThatAStopCutOffSaysSo) {
  EventReader reader(InputFormat::automatic);
  const EventInput* event = reader.read_cut_off(padded("half of a li", Kind::whole));
  EXPECT_EQ(event->message, "half of a li");
  EXPECT_EQ(malformed(*event), "cut off where reading was stopped");
  EXPECT_EQ(reader.counts().malformed, 1);
  event = reader.read_cut_off(padded(R"({"message":"whole"})", Kind::whole));
  EXPECT_EQ(event->message, "whole");
  EXPECT_EQ(reader.counts().malformed, 1);
}

}  // namespace
}  // namespace penstock::cli
