// SPDX-License-Identifier: Apache-2.0
#include "event/json_encoder.hpp"

#include <limits>

#include <gtest/gtest.h>

#include "event/lines.hpp"
#include "event/records.hpp"

namespace penstock::event {
namespace {

std::string line_of(const EventParts& parts) { return encode(parts, FormatType::json); }

TEST(JsonEncoder, HasAllKeysInTheirOrder) {
  const Record record(new_site_for("n is {}", 1, field("venue", "XETR")), 0, {}, 17,
                      field("venue", "XETR"));
  EventParts parts = parts_of(record);
  TraceContext trace;
  trace.trace_id.fill(0xAB);
  trace.span_id.fill(0x01);
  const std::string_view tags[] = {"security", "eu"};
  const FieldView fields[] = {{"request", Value(std::uint64_t{5})}};
  parts.trace = &trace;
  parts.tags = tags;
  parts.event = "filled";
  parts.truncated_bytes = 9;
  parts.context_fields = fields;
  EXPECT_EQ(line_of(parts),
            R"({"time":"2026-01-02T03:04:05.123456789Z","level":"WARNING","logger":"orders.book",)"
            R"("thread":4711,"file":"orders.cpp","line":42,"function":"run","message":"n is 17",)"
            R"("event":"filled","tags":["security","eu"],)"
            R"("trace_id":"abababababababababababababababab","span_id":"0101010101010101",)"
            R"("truncated_bytes":9,"fields":{"request":5,"venue":"XETR"}})"
            "\n");
}

TEST(JsonEncoder, LeavesOutWhatAnEventDoesNotHave) {
  EXPECT_EQ(line_of(message_parts("m")),
            R"({"time":"2026-01-02T03:04:05.123456789Z","level":"INFO","logger":"orders.book",)"
            R"("thread":4711,"message":"m"})"
            "\n");
}

TEST(JsonEncoder, HasAllLevels) {
  EventParts parts = message_parts("");
  for (int i = 0; i < level_count; ++i) {
    parts.level = static_cast<Level>(i);
    EXPECT_EQ(Json::parse(line_of(parts))["level"], level_name(parts.level));
  }
}

TEST(JsonEncoder, NumbersKeepTheirTypeAndValue) {
  EventParts parts = message_parts("");
  const FieldView fields[] = {{"min", Value(std::numeric_limits<std::int64_t>::min())},
                              {"max", Value(std::numeric_limits<std::uint64_t>::max())},
                              {"one", Value(1.0)},
                              {"big", Value(1e300)},
                              {"third", Value(1.0 / 3)},
                              {"tiny", Value(5e-324)},
                              {"nan", Value(std::numeric_limits<double>::quiet_NaN())},
                              {"inf", Value(std::numeric_limits<double>::infinity())},
                              {"-inf", Value(-std::numeric_limits<double>::infinity())},
                              {"yes", Value(true)},
                              {"text", Value(std::string_view("12"))}};
  parts.context_fields = fields;
  const std::string line = line_of(parts);
  EXPECT_NE(line.find(R"("min":-9223372036854775808,"max":18446744073709551615,"one":1.0,)"),
            std::string::npos)
      << line;
  const Json json = Json::parse(line)["fields"];
  EXPECT_EQ(json["big"], 1e300);
  EXPECT_EQ(json["third"], 1.0 / 3);
  EXPECT_EQ(json["tiny"], 5e-324);
  EXPECT_EQ(json["nan"], "NaN");
  EXPECT_EQ(json["inf"], "Infinity");
  EXPECT_EQ(json["-inf"], "-Infinity");
  EXPECT_EQ(json["yes"], true);
  EXPECT_EQ(json["text"], "12");
}

TEST(JsonEncoder, AFieldNeverMeetsABuiltInKey) {
  EventParts parts = message_parts("the message");
  const FieldView fields[] = {{"message", Value(true)}, {"time", Value(false)}, {"", Value(true)}};
  parts.context_fields = fields;
  const Json json = Json::parse(line_of(parts));
  EXPECT_EQ(json["message"], "the message");
  EXPECT_EQ(json["fields"], (Json{{"message", true}, {"time", false}, {"", true}}));
}

TEST(JsonEncoder, OfEqualKeysTheLastHolds) {
  const Record record(new_site_for("", field("k", 1), field("k", 2)), 0, {}, field("k", 1),
                      field("k", 2));
  EventParts parts = parts_of(record);
  const FieldView context[] = {{"k", Value(false)}, {"other", Value(true)}};
  parts.context_fields = context;
  EXPECT_NE(line_of(parts).find(R"("fields":{"other":true,"k":2})"), std::string::npos);
}

TEST(JsonEncoder, EscapesTextWhereverItComesFrom) {
  EventParts parts = message_parts("m\"\n\xff");
  const std::string_view tags[] = {"t\x1b", ""};
  const FieldView fields[] = {{"k\"\n", Value(std::string_view("v\\"))}};
  parts.logger = "a logger with a long name, a quote \" and a line break \n";
  parts.event = "e\x01";
  parts.tags = tags;
  parts.context_fields = fields;
  const Json json = Json::parse(line_of(parts));
  EXPECT_EQ(json["message"], "m\"\n\uFFFD");
  EXPECT_EQ(json["logger"], parts.logger);
  EXPECT_EQ(json["event"], "e\x01");
  EXPECT_EQ(json["tags"], (Json{"t\x1b", ""}));
  EXPECT_EQ(json["fields"]["k\"\n"], "v\\");
}

}  // namespace
}  // namespace penstock::event
