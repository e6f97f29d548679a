// SPDX-License-Identifier: Apache-2.0
#include "event/logfmt_encoder.hpp"

#include <gtest/gtest.h>

#include "event/lines.hpp"
#include "event/records.hpp"

namespace penstock::event {
namespace {

std::string logfmt_line(const EventParts& parts) { return encode(parts, FormatType::logfmt); }

Pairs fields_of(std::initializer_list<FieldView> fields) {
  const std::vector<FieldView> kept(fields);
  EventParts parts = message_parts("m");
  parts.context_fields = kept;
  Pairs pairs = parse_logfmt(logfmt_line(parts));
  pairs.erase(pairs.begin(), pairs.begin() + 5);
  return pairs;
}

TEST(LogfmtEncoder, HasAllKeysInTheirOrder) {
  const Record record(new_site_for("n is {}", 1, field("venue", "XETR")), 0, {}, 17,
                      field("venue", "XETR"));
  EventParts parts = parts_of(record);
  TraceContext trace;
  trace.trace_id.fill(0xAB);
  trace.span_id.fill(0x01);
  const std::string_view tags[] = {"security", "eu"};
  const FieldView fields[] = {{"note", Value(std::string_view("two words"))}};
  parts.trace = &trace;
  parts.tags = tags;
  parts.event = "filled";
  parts.truncated_bytes = 9;
  parts.context_fields = fields;
  EXPECT_EQ(logfmt_line(parts),
            "time=2026-01-02T03:04:05.123456789Z level=WARNING logger=orders.book thread=4711 "
            "file=orders.cpp line=42 function=run message=\"n is 17\" event=filled "
            "tags=security,eu trace_id=abababababababababababababababab "
            "span_id=0101010101010101 truncated_bytes=9 note=\"two words\" venue=XETR\n");
}

TEST(LogfmtEncoder, LeavesOutWhatAnEventDoesNotHave) {
  EXPECT_EQ(logfmt_line(message_parts("m")),
            "time=2026-01-02T03:04:05.123456789Z level=INFO logger=orders.book thread=4711 "
            "message=\"m\"\n");
}

TEST(LogfmtEncoder, QuotesWhereItMust) {
  const Pairs expected = {{"a", ""},  {"b", "x=y"},  {"c", "\""},   {"d", "a\\b"},
                          {"e", "ü"}, {"f", "l\nm"}, {"g", "bare"}, {"h", "\uFFFD"}};
  const auto text = [](std::string_view value) { return Value(value); };
  EXPECT_EQ(fields_of({{"a", text("")},
                       {"b", text("x=y")},
                       {"c", text("\"")},
                       {"d", text("a\\b")},
                       {"e", text("ü")},
                       {"f", text("l\nm")},
                       {"g", text("bare")},
                       {"h", text("\xff")}}),
            expected);
}

TEST(LogfmtEncoder, KeysStayKeys) {
  const Value yes(true);
  const Pairs expected = {{"a_b", "true"},   {"c_d", "true"}, {"_", "true"}, {"__", "true"},
                          {"grüße", "true"}, {"_x", "true"},  {"y_", "true"}};
  EXPECT_EQ(fields_of({{"a b", yes},
                       {"c=d", yes},
                       {"", yes},
                       {"\"\n", yes},
                       {"grüße", yes},
                       {"\u0085x", yes},
                       {"y\xff", yes}}),
            expected);
}

TEST(LogfmtEncoder, AFieldNeverMeetsABuiltInKey) {
  const Value yes(true);
  const Pairs expected = {{"field_time", "true"},
                          {"field_field_time", "true"},
                          {"field_x", "true"},
                          {"field_truncated_bytes", "true"},
                          {"times", "true"}};
  EXPECT_EQ(fields_of({{"time", yes},
                       {"field_time", yes},
                       {"field_x", yes},
                       {"truncated_bytes", yes},
                       {"times", yes}}),
            expected);
}

TEST(LogfmtEncoder, OfEqualKeysTheLastHolds) {
  const Pairs expected = {{"b", "2"}, {"a", "3"}};
  EXPECT_EQ(fields_of({{"a", Value(std::int64_t{1})},
                       {"b", Value(std::int64_t{2})},
                       {"a", Value(std::int64_t{3})}}),
            expected);
}

TEST(LogfmtEncoder, TagsCanBeTakenApartAgain) {
  EventParts parts = message_parts("m");
  const std::string_view tags[] = {"a,b", "c\\", "d"};
  parts.tags = tags;
  EXPECT_EQ(value_of(parse_logfmt(logfmt_line(parts)), "tags"), "a\\,b,c\\\\,d");
}

}  // namespace
}  // namespace penstock::event
