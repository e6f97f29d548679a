// SPDX-License-Identifier: Apache-2.0
#include "plugin/json.hpp"

#include <cmath>
#include <limits>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "plugin/value.hpp"
#include "plugin/words.hpp"

namespace penstock::plugin::test {
namespace {

using ::testing::HasSubstr;

std::string problem(std::string_view json) {
  const auto value = parse_json(json);
  return value ? "" : value.errors()[0].message;
}

std::string again(std::string_view json) {
  const auto value = parse_json(json);
  return value ? json_text(*value) : "refused: " + value.errors()[0].message;
}

TEST(PluginJson, WritesWhatItReads) {
  for (const std::string_view json :
       {"null", "true", "false", "0", "-1", "9223372036854775807", "-9223372036854775808",
        "18446744073709551615", "1.5", "1e+300", "\"\"", R"("a\"\\\n")", "[]", "{}",
        R"([1,"two",[3],{"four":null}])", R"({"b":1,"a":{"c":[true]}})", "\"\xC3\xA4\""}) {
    EXPECT_EQ(again(json), json);
  }
  EXPECT_EQ(again(" { \"a\" : [ 1 , 2 ] } "), R"({"a":[1,2]})");
  EXPECT_EQ(again(R"("\u00e4\ud83d\ude00")"), "\"\xC3\xA4\xF0\x9F\x98\x80\"");
}

TEST(PluginJson, RefusesWhatIsNotJson) {
  for (const std::string_view json : {"",
                                      " ",
                                      "{",
                                      "[1,]",
                                      "{\"a\":1,}",
                                      "{a:1}",
                                      "01",
                                      "+1",
                                      "1.",
                                      "nul",
                                      "'a'",
                                      "1 2",
                                      "[1][2]",
                                      "\"a",
                                      "\"\t\"",
                                      "\"\\x\"",
                                      "NaN",
                                      "// c\n1",
                                      "\xEF\xBB\xBF{}",
                                      "1e999"}) {
    EXPECT_NE(problem(json), "") << json;
  }
  EXPECT_NE(problem("123456789012345678901234567890"), "");
}

TEST(PluginJson, RefusesAKeyThatIsThereTwice) {
  EXPECT_THAT(problem(R"({"a":1,"b":2,"a":3})"), HasSubstr("'a'"));
  EXPECT_THAT(problem(R"([{"x":{"b":2,"\u0062":3}}])"), HasSubstr("'b'"));
  EXPECT_EQ(problem(R"([{"a":1},{"a":2}])"), "");
}

TEST(PluginJson, RefusesBrokenUtf8) {
  EXPECT_THAT(problem("\"\xFF\""), HasSubstr("UTF-8"));
  EXPECT_THAT(problem("\"\xC0\x80\""), HasSubstr("UTF-8"));
  EXPECT_THAT(problem("{\"\xED\xA0\x80\":1}"), HasSubstr("UTF-8"));
  for (const char* const json :
       {R"("\ud800")", R"("\ud800x")", R"("\udc00")", R"("\ud800\ud800")", R"({"\udfff":1})"}) {
    EXPECT_NE(problem(json), "") << json;
  }
}

TEST(PluginJson, BoundsItsDepthAndLength) {
  const auto nested = [](std::size_t depth) {
    return std::string(depth, '[') + std::string(depth, ']');
  };
  EXPECT_EQ(problem(nested(json_depth_max - 1)), "");
  EXPECT_THAT(problem(nested(json_depth_max + 1)), HasSubstr("deep"));
  EXPECT_THAT(problem(nested(100'000)), HasSubstr("deep"));
  EXPECT_THAT(problem(std::string(json_bytes_max + 1, ' ')), HasSubstr("at most"));
}

TEST(PluginJson, WritesWhatJsonLacksAsText) {
  EXPECT_EQ(json_text(Value(std::nan(""))), "\"NaN\"");
  EXPECT_EQ(json_text(Value(-std::numeric_limits<double>::infinity())), "\"-Infinity\"");
  EXPECT_EQ(json_text(Value("\xFF\x01")), "\"\xEF\xBF\xBD\\u0001\"");
  EXPECT_EQ(json_text(Value(1.0)), "1.0");
}

TEST(PluginValue, NumbersAreComparedExactly) {
  EXPECT_EQ(Value(std::uint64_t{5}).kind(), Value::Kind::integer);
  EXPECT_EQ(Value(std::uint64_t{1} << 63).kind(), Value::Kind::unsigned_integer);
  EXPECT_EQ(Value(5), Value(5.0));
  const Value large(std::int64_t{9007199254740993});
  EXPECT_NE(large, Value(9007199254740992.0));
  EXPECT_EQ(compare_numbers(Value(std::numeric_limits<std::uint64_t>::max()), Value(-1)), 1);
  EXPECT_EQ(compare_numbers(Value(0.5), Value(1)), -1);
}

TEST(PluginValue, OrderOfMembersDoesNotCount) {
  EXPECT_EQ(*parse_json(R"({"a":1,"b":[2]})"), *parse_json(R"({"b":[2],"a":1})"));
  EXPECT_NE(*parse_json(R"({"a":1})"), *parse_json(R"({"a":1,"b":2})"));
  EXPECT_NE(*parse_json(R"({"a":1})"), *parse_json(R"({"a":"1"})"));
  EXPECT_NE(*parse_json("null"), *parse_json("false"));
}

TEST(PluginWords, ShowNothingThatCouldForgeALine) {
  EXPECT_EQ(one_line("a\nb\x1b[2J"), "a\\nb\\x1b[2J");
  EXPECT_EQ(in_quotes(std::string(1000, 'x')).size(), 85u);
  EXPECT_TRUE(is_plain_text("\xC3\xA4 b"));
  EXPECT_FALSE(is_plain_text("a\n"));
  EXPECT_FALSE(is_plain_text("\xC2\x9B"));
  EXPECT_FALSE(is_plain_text("\xC2"));
  EXPECT_FALSE(is_plain_text("\xFF"));
}

}  // namespace
}  // namespace penstock::plugin::test
