// SPDX-License-Identifier: Apache-2.0
#include <cstdlib>
#include <ctime>
#include <random>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "formatter.hpp"
#include "penstock/testing.hpp"
#include "syslog_parser.hpp"

namespace penstock::syslog {
namespace {

using penstock::testing::OwnedBatch;
using penstock::testing::OwnedEvent;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;
using ::testing::StartsWith;

constexpr std::int64_t some_time = 1'700'000'000'123'456'789;  // 2023-11-14T22:13:20Z

Format plain_format() {
  Format format;
  format.framing = Framing::none;
  format.hostname = "alpha";
  format.app_name = "orders";
  format.procid = "42";
  return format;
}

Encoded encode(const Format& format, std::vector<OwnedEvent> events) {
  const OwnedBatch batch(std::move(events));
  Formatter formatter(format);
  Encoded encoded;
  for (const EventView& event : batch.view().events()) formatter.add(encoded, event);
  return encoded;
}

std::string line(const Format& format, OwnedEvent event) {
  if (event.time_ns == 0) event.time_ns = some_time;
  return std::string(encode(format, {std::move(event)}).bytes.view());
}

testing::Parsed parsed(std::string_view text) {
  const auto read = testing::parse_rfc5424(text);
  EXPECT_TRUE(read.has_value()) << text;
  return read.value_or(testing::Parsed{});
}

TEST(SyslogFormat, AnEventIsAMessageOfRfc5424) {
  OwnedEvent event{.level = Level::warning,
                   .message = "slow venue",
                   .event = "latency",
                   .fields = {{"venue", "XETR"}, {"ms", std::int64_t{12}}, {"late", true}}};
  EXPECT_EQ(line(plain_format(), event),
            "<12>1 2023-11-14T22:13:20.123456Z alpha orders 42 latency "
            "[fields@32473 venue=\"XETR\" ms=\"12\" late=\"true\"] slow venue");
}

TEST(SyslogFormat, WhatIsNotThereIsADash) {
  Format format = plain_format();
  format.hostname = "";
  format.app_name = "{logger}";
  format.procid = "{field.none}";
  EXPECT_EQ(line(format, {}), "<14>1 2023-11-14T22:13:20.123456Z - - - - -");
}

TEST(SyslogFormat, LevelsAreSeverities) {
  Format format = plain_format();
  format.facility = 23;
  const std::vector<std::pair<Level, std::string>> all = {
      {Level::trace, "<191>"},   {Level::debug, "<191>"}, {Level::info, "<190>"},
      {Level::warning, "<188>"}, {Level::error, "<187>"}, {Level::critical, "<186>"}};
  for (const auto& [level, priority] : all) {
    EXPECT_THAT(line(format, {.level = level}), StartsWith(priority));
  }
}

TEST(SyslogFormat, TheTimesOfAllNanosecondsCanBeWritten) {
  const Format format = plain_format();
  EXPECT_THAT(line(format, {.time_ns = 1}), HasSubstr(" 1970-01-01T00:00:00.000000Z "));
  EXPECT_THAT(line(format, {.time_ns = -1}), HasSubstr(" 1969-12-31T23:59:59.999999Z "));
  EXPECT_THAT(line(format, {.time_ns = INT64_MAX}), HasSubstr(" 2262-04-11T23:47:16.854775Z "));
  EXPECT_THAT(line(format, {.time_ns = INT64_MIN}), HasSubstr(" 1677-09-21T00:12:43.145224Z "));
}

// What is kept of one event for the next.
TEST(SyslogFormat, WhatCameBeforeChangesNothing) {
  std::mt19937_64 random(7);
  const auto any_of = [&](const std::vector<std::string>& all) {
    return all[random() % all.size()];
  };
  const std::string long_name(32, 'n');
  const std::vector<std::string> names = {
      "venue",         "trace_id",      "span_id",          "", "a b", long_name,
      long_name + "1", long_name + "2", long_name.substr(1)};
  const std::vector<std::int64_t> times = {
      some_time, some_time + 1'000'000, some_time + 999'999'999, 0, -1, -1'000'000'000, INT64_MIN,
      INT64_MAX};
  std::vector<Format> formats(4, plain_format());
  formats[0].app_name = "{logger}";
  formats[1].app_name = "{field.venue}";
  formats[1].procid = "{thread}";
  formats[2].protocol = Protocol::rfc3164;
  formats[2].app_name = "{logger}";
  formats[3].msgid = "{logger}{level}";
  for (const Format& format : formats) {
    Formatter formatter(format);
    for (int turn = 0; turn < 2000; ++turn) {
      OwnedEvent event{.time_ns = times[random() % times.size()],
                       .level = static_cast<Level>(random() % 6),
                       .logger = any_of({"orders", "orders.book", ""}),
                       .message = any_of({"a", ""}),
                       .thread_name = any_of({"one", "two"}),
                       .event = any_of({"", "fill", "cancel"})};
      for (std::size_t i = random() % 40; i > 0; --i) {
        event.fields.push_back({any_of(names), static_cast<std::int64_t>(random() % 100)});
      }
      const OwnedBatch batch({event});
      Encoded encoded;
      formatter.add(encoded, batch.view().events().front());
      ASSERT_EQ(encoded.bytes.view(), encode(format, {event}).bytes.view());
    }
  }
}

TEST(SyslogFormat, ATraceComesBeforeTheFields) {
  OwnedEvent event{.fields = {{"k", "v"}}};
  event.trace.emplace();
  event.trace->trace_id.fill(0xAB);
  event.trace->span_id.fill(0x01);
  const auto read = parsed(line(plain_format(), event));
  ASSERT_EQ(read.elements.size(), 1U);
  EXPECT_THAT(read.elements[0].params,
              ElementsAre(Pair("trace_id", "abababababababababababababababab"),
                          Pair("span_id", "0101010101010101"), Pair("k", "v")));
}

TEST(SyslogFormat, AFieldCannotLookLikeTheTrace) {
  const OwnedEvent event{.fields = {{"trace_id", "x"}, {"span id", "y"}, {"trace_ids", "z"}}};
  const auto read = parsed(line(plain_format(), event));
  ASSERT_EQ(read.elements.size(), 1U);
  EXPECT_THAT(
      read.elements[0].params,
      ElementsAre(Pair("field_trace_id", "x"), Pair("field_span_id", "y"), Pair("trace_ids", "z")));
}

TEST(SyslogFormat, HeaderFieldsAreCutToTheLengthsOfTheRfc) {
  Format format = plain_format();
  format.hostname = std::string(300, 'h');
  format.app_name = std::string(100, 'a');
  format.procid = std::string(200, 'p');
  format.msgid = std::string(50, 'm');
  const auto read = parsed(line(format, {.message = "text"}));
  EXPECT_EQ(read.hostname, std::string(255, 'h'));
  EXPECT_EQ(read.app_name, std::string(48, 'a'));
  EXPECT_EQ(read.procid, std::string(128, 'p'));
  EXPECT_EQ(read.msgid, std::string(32, 'm'));
  EXPECT_EQ(read.message, "text");
}

TEST(SyslogFormat, NothingInAHeaderFieldEndsIt) {
  Format format = plain_format();
  format.app_name = "{logger}";
  const auto read = parsed(line(format, {.logger = "a b\nc\xC3\xA4", .message = "text"}));
  EXPECT_EQ(read.app_name, "a_b_c__");
  EXPECT_EQ(read.message, "text");
}

TEST(SyslogFormat, NamesAndValuesOfStructuredDataAreEscaped) {
  OwnedEvent event{
      .message = "text",
      .fields = {{"a=b]\"c d", "q\"b\\s]e"}, {std::string(40, 'n'), "\xC3\xA4"}, {"", "empty"}}};
  const std::string text = line(plain_format(), event);
  EXPECT_THAT(text, HasSubstr(" a_b__c_d=\"q\\\"b\\\\s\\]e\" "));
  const auto read = parsed(text);
  ASSERT_EQ(read.elements.size(), 1U);
  EXPECT_THAT(read.elements[0].params,
              ElementsAre(Pair("a_b__c_d", "q\"b\\s]e"), Pair(std::string(32, 'n'), "\xC3\xA4"),
                          Pair("_", "empty")));
}

TEST(SyslogFormat, AnEventCannotForgeAnElementOrAMessage) {
  OwnedEvent event{.logger = "x 1 - [evil@1 a=\"b\"]",
                   .message = "text\n<0>1 - - - - - - forged",
                   .event = "id] [evil@1",
                   .fields = {{"k", "v\"] [evil@1 a=\"b\"] forged"}, {"k=\"v\"] [evil@1", "x"}}};
  Format format = plain_format();
  format.app_name = "{logger}";
  format.framing = Framing::lf;
  const std::string stream = line(format, event);
  const auto lines = testing::split_lines(stream);
  ASSERT_EQ(lines.size(), 1U) << stream;
  const auto read = parsed(lines[0]);
  ASSERT_EQ(read.elements.size(), 1U);
  EXPECT_EQ(read.elements[0].id, "fields@32473");
  EXPECT_EQ(read.elements[0].params.size(), 2U);
  EXPECT_EQ(read.message, "text\\n<0>1 - - - - - - forged");
}

TEST(SyslogFormat, ControlCharactersAreEscapedWhereALineIsAMessage) {
  const OwnedEvent event{.message = std::string("a\nb\rc\td\0e\x1B[31m\x7F", 15),
                         .fields = {{"k", "1\n2"}}};
  Format format = plain_format();
  format.framing = Framing::lf;
  const std::string escaped = line(format, event);
  EXPECT_THAT(escaped, HasSubstr("] a\\nb\\rc\\td\\x00e\\x1b[31m\\x7f"));
  // An escape that a reader of the RFC finds too.
  EXPECT_THAT(escaped, HasSubstr("k=\"1\\\\n2\""));
  EXPECT_EQ(escaped.find('\n'), escaped.size() - 1);

  format.framing = Framing::octet_counting;
  const std::string kept = line(format, event);
  const auto messages = testing::split_counted(kept);
  ASSERT_TRUE(messages.has_value()) << kept;
  ASSERT_EQ(messages->size(), 1U);
  EXPECT_EQ(parsed((*messages)[0]).message, event.message);
}

TEST(SyslogFormat, AControlCharacterIsFoundWhereverItStands) {
  Format format = plain_format();
  format.framing = Framing::lf;
  for (std::size_t size = 1; size < 40; ++size) {
    for (std::size_t at = 0; at < size; ++at) {
      for (const auto& [c, escape] :
           {std::pair{'\n', "\\n"}, std::pair{'\x7F', "\\x7f"}, std::pair{'\0', "\\x00"},
            std::pair{'\xFF', "\xEF\xBF\xBD"}}) {
        OwnedEvent event{.message = std::string(size, '~')};
        event.message[at] = c;
        const std::string expected =
            std::string(at, '~') + escape + std::string(size - at - 1, '~') + '\n';
        ASSERT_THAT(line(format, event), ::testing::EndsWith(" - " + expected))
            << size << ' ' << at;
      }
    }
  }
}

TEST(SyslogFormat, WhatEndsALineForSomeReadersIsEscapedThereToo) {
  const std::string text =
      "a\xC2\x85"
      "b\xC2\x9F"
      "c\xE2\x80\xA8"
      "d\xE2\x80\xA9"
      "e\xC2\xA0";
  const OwnedEvent event{.message = text, .fields = {{"k", text}}};
  Format format = plain_format();
  format.framing = Framing::lf;
  const std::string escaped = line(format, event);
  EXPECT_THAT(escaped, HasSubstr("] a\\x85b\\x9fc\\u2028d\\u2029e\xC2\xA0\n"));
  EXPECT_THAT(escaped, HasSubstr("k=\"a\\\\x85b\\\\x9fc\\\\u2028d\\\\u2029e\xC2\xA0\""));
  format.framing = Framing::none;
  EXPECT_EQ(parsed(line(format, event)).message, text);
}

TEST(SyslogFormat, BytesThatAreNoUtf8AreReplaced) {
  const std::string bad = "\xFF\xC3(\xED\xA0\x80\xF4\x90\x80\x80\xC0\xAF";
  const auto read = parsed(line(plain_format(), {.message = bad + "\xE2\x82\xAC"}));
  std::string expected;
  for (int i = 0; i < 2; ++i) expected += "\xEF\xBF\xBD";
  expected += "(";
  for (int i = 0; i < 9; ++i) expected += "\xEF\xBF\xBD";
  EXPECT_EQ(read.message, expected + "\xE2\x82\xAC");
}

TEST(SyslogFormat, AByteOrderMarkComesByOption) {
  Format format = plain_format();
  format.bom = true;
  EXPECT_EQ(parsed(line(format, {.message = "text"})).message, "\xEF\xBB\xBFtext");
  EXPECT_EQ(parsed(line(format, {})).message, std::nullopt);
}

TEST(SyslogFormat, TheMessageIsATemplateToo) {
  Format format = plain_format();
  format.message = "{level} {message}";
  format.structured_data = false;
  EXPECT_EQ(line(format, {.message = "text", .fields = {{"k", "v"}}}),
            "<14>1 2023-11-14T22:13:20.123456Z alpha orders 42 - - INFO text");
}

class SyslogFormatInUtc : public ::testing::Test {
 protected:
  SyslogFormatInUtc() {
    ::setenv("TZ", "UTC0", 1);
    ::tzset();
  }
};

TEST_F(SyslogFormatInUtc, AnEventIsAMessageOfRfc3164) {
  Format format = plain_format();
  format.protocol = Protocol::rfc3164;
  EXPECT_EQ(line(format, {.level = Level::error, .message = "text"}),
            "<11>Nov 14 22:13:20 alpha orders[42]: text");
  format.hostname = "";
  EXPECT_EQ(line(format, {.message = "text"}), "<14>Nov 14 22:13:20 orders[42]: text");
  format.hostname = "alpha";
  format.procid = "";
  format.app_name = "a[1]: b";
  EXPECT_EQ(line(format, {.message = "text"}), "<14>Nov 14 22:13:20 alpha a_1___b: text");
  EXPECT_THAT(line(format, {.time_ns = 3 * 86400 * std::int64_t{1'000'000'000}}),
              StartsWith("<14>Jan  4 00:00:00 alpha "));
}

TEST(SyslogFormat, ALengthStandsInFrontOfEachMessageHoweverManyDigitsItHas) {
  Format format = plain_format();
  format.framing = Framing::octet_counting;
  format.max_message = 200'000;
  std::vector<OwnedEvent> events;
  for (const std::size_t size :
       {0U, 1U, 20U, 30U, 31U, 32U, 33U, 34U, 500U, 930U, 950U, 20'000U, 150'000U}) {
    events.push_back({.time_ns = some_time, .message = std::string(size, 'x')});
  }
  const Encoded encoded = encode(format, events);
  const auto messages = testing::split_counted(encoded.bytes.view());
  ASSERT_TRUE(messages.has_value());
  ASSERT_EQ(messages->size(), events.size());
  for (std::size_t i = 0; i < events.size(); ++i) {
    EXPECT_EQ(parsed((*messages)[i]).message.value_or(""), events[i].message);
    EXPECT_TRUE(encoded.text(i).ends_with((*messages)[i]));
  }
}

TEST(SyslogFormat, WhatIsTooLargeIsCutBetweenCharacters) {
  Format format = plain_format();
  format.max_message = 1024;
  std::string euros;
  for (int i = 0; i < 1000; ++i) euros += "\xE2\x82\xAC";
  const std::string text = line(format, {.message = euros, .fields = {{"k", "v"}}});
  EXPECT_LE(text.size(), 1024U);
  EXPECT_GT(text.size(), 1020U);
  const auto read = parsed(text);
  EXPECT_EQ(read.elements.at(0).params.size(), 1U);
  EXPECT_THAT(euros, StartsWith(*read.message));
  EXPECT_EQ(read.message->size() % 3, 0U);
}

// A backslash of the text is no escape: only the text tells which ones are.
TEST(SyslogFormat, NoEscapeIsTornByACut) {
  Format format = plain_format();
  format.framing = Framing::lf;
  format.max_message = 1024;
  format.oversize = Oversize::split;
  const std::string escape = "\\x1b";
  for (const std::size_t shift : {0U, 1U, 2U, 3U}) {
    const Encoded encoded =
        encode(format, {{.message = std::string(shift, 'x') + std::string(3000, '\x1B')}});
    ASSERT_GT(encoded.frames.size(), 10U);
    std::size_t escapes = 0;
    for (std::size_t i = 0; i < encoded.frames.size(); ++i) {
      std::string_view text = encoded.text(i);
      EXPECT_LE(text.size(), 1025U);
      text = text.substr(text.rfind(' ') + 1 + (i == 0 ? shift : 0));
      for (; text.starts_with(escape); ++escapes) text.remove_prefix(escape.size());
      EXPECT_EQ(text, "\n");
    }
    EXPECT_EQ(escapes, 3000U);
  }
}

TEST(SyslogFormat, StructuredDataIsCutBetweenItsParameters) {
  Format format = plain_format();
  format.max_message = 1024;
  OwnedEvent event{.message = std::string(5000, 'm')};
  for (int i = 0; i < 100; ++i) event.fields.emplace_back("k" + std::to_string(i), "some value");
  const auto read = parsed(line(format, event));
  ASSERT_EQ(read.elements.size(), 1U);
  EXPECT_GT(read.elements[0].params.size(), 10U);
  EXPECT_GT(read.message->size(), 400U);
  EXPECT_EQ(read.elements[0].params.back().second, "some value");
}

TEST(SyslogFormat, WhatIsTooLargeIsSplitWithoutLoss) {
  Format format = plain_format();
  format.max_message = 1024;
  format.oversize = Oversize::split;
  format.framing = Framing::octet_counting;
  std::string text;
  for (int i = 0; i < 3000; ++i) text += i % 7 == 0 ? "\xC3\xA4" : "x";
  const Encoded encoded =
      encode(format, {{.message = "small"}, {.message = text, .fields = {{"k", "v"}}}});
  const auto messages = testing::split_counted(encoded.bytes.view());
  ASSERT_TRUE(messages.has_value());
  ASSERT_GT(messages->size(), 3U);
  std::string joined;
  for (std::size_t i = 1; i < messages->size(); ++i) {
    EXPECT_LE((*messages)[i].size(), 1024U);
    const auto read = parsed((*messages)[i]);
    ASSERT_EQ(read.elements.size(), 2U);
    EXPECT_EQ(read.elements[1].id, "part@32473");
    EXPECT_THAT(read.elements[1].params,
                ElementsAre(Pair("n", std::to_string(i)),
                            Pair("of", std::to_string(messages->size() - 1))));
    joined += *read.message;
    EXPECT_EQ(encoded.frames[i].event, 1U);
  }
  EXPECT_EQ(joined, text);
}

TEST(SyslogFormat, WhatIsTooLargeIsRefusedAlone) {
  Format format = plain_format();
  format.max_message = 1024;
  format.oversize = Oversize::refuse;
  const Encoded encoded =
      encode(format, {{.message = "a"}, {.message = std::string(2000, 'x')}, {.message = "b"}});
  EXPECT_EQ(encoded.frames.size(), 2U);
  EXPECT_THAT(encoded.refused, ElementsAre(1));
  EXPECT_EQ(encoded.events_within(0), 0U);
  EXPECT_EQ(encoded.events_within(1), 2U);
  EXPECT_EQ(encoded.events_within(2), 3U);
}

TEST(SyslogFormat, NoMessageIsLongerThanItMayBeWhateverItHolds) {
  std::mt19937 random(42);
  const auto number = [&](int below) {
    return static_cast<int>(random() % static_cast<unsigned>(below));
  };
  const auto bytes = [&](int size) {
    std::string text;
    for (int i = 0; i < size; ++i) text += static_cast<char>(number(256));
    return text;
  };
  for (int round = 0; round < 500; ++round) {
    Format format = plain_format();
    format.max_message = 1024 + static_cast<std::size_t>(number(600));
    format.framing = number(2) == 0 ? Framing::lf : Framing::none;
    format.oversize = number(2) == 0 ? Oversize::cut : Oversize::split;
    format.bom = number(2) == 0;
    format.hostname = bytes(number(300));
    format.app_name = format.procid = format.msgid = "{logger}";
    OwnedEvent event{.logger = bytes(number(200)), .message = bytes(number(3000))};
    for (int i = number(40); i > 0; --i)
      event.fields.emplace_back(bytes(number(40)), bytes(number(80)));
    const Encoded encoded = encode(format, {event});
    for (std::size_t i = 0; i < encoded.frames.size(); ++i) {
      std::string_view text = encoded.text(i);
      if (format.framing == Framing::lf) {
        ASSERT_EQ(text.find('\n'), text.size() - 1);
        text.remove_suffix(1);
      }
      ASSERT_LE(text.size(), format.max_message);
      ASSERT_TRUE(testing::parse_rfc5424(text).has_value()) << "round " << round << ": " << text;
    }
  }
}

std::string refusal(const Format& format) {
  try {
    const Formatter formatter(format);
  } catch (const std::invalid_argument& error) {
    return error.what();
  }
  return {};
}

TEST(SyslogFormat, AWrongNameOrTemplateIsRefusedByItsOption) {
  Format format = plain_format();
  format.sd_id = "a b";
  EXPECT_THAT(refusal(format), StartsWith("sd_id: 'a b'"));
  const std::vector<std::pair<std::string, std::string Format::*>> templates = {
      {"app_name", &Format::app_name},
      {"procid", &Format::procid},
      {"msgid", &Format::msgid},
      {"message", &Format::message}};
  for (const auto& [option, member] : templates) {
    format = plain_format();
    format.*member = "{nothing}";
    EXPECT_THAT(refusal(format), StartsWith(option + ": '{nothing}': there is no {nothing}"));
  }
}

}  // namespace
}  // namespace penstock::syslog
