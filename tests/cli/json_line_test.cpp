// SPDX-License-Identifier: Apache-2.0
#include "cli/json_line.hpp"

#include <random>
#include <string>
#include <string_view>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "cli/json_grammar.hpp"
#include "cli/line_splitter.hpp"

namespace penstock::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using Outcome = JsonLine::Outcome;

class JsonLineTest : public ::testing::Test {
 protected:
  Outcome parse(std::string_view line) {
    bytes_ = std::string(line) + std::string(LineSplitter::padding_bytes, ' ');
    return json_.parse(std::string_view(bytes_).substr(0, line.size()));
  }
  const EventInput& event() const { return json_.event(); }
  // The value of the only field of that line.
  Value value_of(const std::string& json) {
    EXPECT_EQ(parse("{\"k\":" + json + "}"), Outcome::event) << json << ": " << json_.problem();
    EXPECT_EQ(event().fields.size(), 1U);
    return event().fields.empty() ? Value() : event().fields[0].value;
  }
  static Value text(std::string_view text) { return Value(text); }

  JsonLine json_;
  std::string bytes_;
};

TEST_F(JsonLineTest, TakesEveryParameter) {
  ASSERT_EQ(
      parse(R"({"message":"hi","level":"wArNiNg","logger":"a.b","event":"login",)"
            R"("destinations":["x","y"],"tags":["t1","t2"],"timestamp":"1970-01-01T00:00:01Z",)"
            R"("trace_id":"0af7651916cd43dd8448eb211c80319C","span_id":"b7ad6b7169203331"})"),
      Outcome::event);
  EXPECT_EQ(event().message, "hi");
  EXPECT_EQ(event().level, Level::warning);
  EXPECT_EQ(event().logger, "a.b");
  EXPECT_EQ(event().event, "login");
  EXPECT_THAT(event().destinations, ElementsAre("x", "y"));
  EXPECT_THAT(event().tags, ElementsAre("t1", "t2"));
  EXPECT_EQ(event().time_ns, 1'000'000'000);
  ASSERT_NE(event().trace, nullptr);
  EXPECT_EQ(event().trace->trace_id[0], 0x0a);
  EXPECT_EQ(event().trace->trace_id[15], 0x9c);
  EXPECT_EQ(event().trace->span_id[7], 0x31);
  EXPECT_TRUE(event().fields.empty());
}

TEST_F(JsonLineTest, HasDefaultsForAllOfThem) {
  ASSERT_EQ(parse("{}"), Outcome::event);
  EXPECT_EQ(event().message, "");
  EXPECT_EQ(event().level, Level::info);
  EXPECT_EQ(event().time_ns, std::nullopt);
  EXPECT_TRUE(event().destinations.empty());
  EXPECT_EQ(event().trace, nullptr);
}

TEST_F(JsonLineTest, ForgetsTheLineBefore) {
  ASSERT_EQ(parse(R"({"message":"m","tags":["t"],"timestamp":5,"level":"error","x":1})"),
            Outcome::event);
  ASSERT_EQ(parse(R"({"y":2})"), Outcome::event);
  EXPECT_EQ(event().message, "");
  EXPECT_TRUE(event().tags.empty());
  EXPECT_EQ(event().time_ns, std::nullopt);
  EXPECT_EQ(event().level, Level::info);
  EXPECT_EQ(event().fields.size(), 1U);
}

TEST_F(JsonLineTest, KeepsTheTypesOfFields) {
  EXPECT_EQ(value_of("-7"), Value(std::int64_t{-7}));
  EXPECT_EQ(value_of("9223372036854775807"), Value(std::int64_t{9223372036854775807}));
  EXPECT_EQ(value_of("9223372036854775808"), Value(std::uint64_t{9223372036854775808U}));
  EXPECT_EQ(value_of("18446744073709551615"), Value(std::uint64_t{18446744073709551615U}));
  EXPECT_EQ(value_of("1.5"), Value(1.5));
  EXPECT_EQ(value_of("1e3"), Value(1000.0));
  EXPECT_EQ(value_of("true"), Value(true));
  EXPECT_EQ(value_of(" false "), Value(false));
  EXPECT_EQ(value_of("\"t\""), text("t"));
  EXPECT_EQ(value_of("\"\""), text(""));
}

TEST_F(JsonLineTest, KeepsWhatNoTypeHoldsAsText) {
  EXPECT_EQ(value_of("18446744073709551616"), text("18446744073709551616"));
  EXPECT_EQ(value_of("-9223372036854775809"), text("-9223372036854775809"));
  EXPECT_EQ(value_of("1e400 "), text("1e400"));
  EXPECT_EQ(value_of("null"), text("null"));
  EXPECT_EQ(value_of("[1, {\"a\": null} ] "), text("[1, {\"a\": null} ]"));
  EXPECT_EQ(value_of("{}"), text("{}"));
  EXPECT_EQ(value_of("{\"a\":\"}\"}"), text("{\"a\":\"}\"}"));
}

TEST_F(JsonLineTest, UnescapesTextAndKeys) {
  using namespace std::string_view_literals;
  EXPECT_EQ(value_of(R"("a\"\\\/\b\f\n\r\té😀\u0000z")"),
            text("a\"\\/\b\f\n\r\t\xc3\xa9\xf0\x9f\x98\x80\0z"sv));
  ASSERT_EQ(parse(R"({"k\"ey":1,"message":"m","":2})"), Outcome::event);
  EXPECT_EQ(event().message, "m");
  ASSERT_EQ(event().fields.size(), 2U);
  EXPECT_EQ(event().fields[0].key, "k\"ey");
  EXPECT_EQ(event().fields[1].key, "");
}

TEST_F(JsonLineTest, TheLastOfEqualKeysCounts) {
  ASSERT_EQ(parse(R"({"message":"a","tags":["x"],"message":"b","tags":["y"]})"), Outcome::event);
  EXPECT_EQ(event().message, "b");
  EXPECT_THAT(event().tags, ElementsAre("y"));
}

TEST_F(JsonLineTest, NullParametersAreNotGiven) {
  ASSERT_EQ(parse(R"({"message":null,"level":null,"logger":null,"event":null,"tags":null,)"
                  R"("destinations":null,"timestamp":null})"),
            Outcome::event);
  EXPECT_EQ(event().level, Level::info);
  EXPECT_TRUE(event().fields.empty());
}

TEST_F(JsonLineTest, OneNameNeedsNoList) {
  ASSERT_EQ(parse(R"({"destinations":"x","tags":"t"})"), Outcome::event);
  EXPECT_THAT(event().destinations, ElementsAre("x"));
  EXPECT_THAT(event().tags, ElementsAre("t"));
}

TEST_F(JsonLineTest, TakesTimestampsInTextAndNumbers) {
  ASSERT_EQ(parse(R"({"timestamp":1767323045.25})"), Outcome::event);
  EXPECT_EQ(event().time_ns, 1'767'323'045'250'000'000);
  ASSERT_EQ(parse(R"({"timestamp":1767323045123})"), Outcome::event);
  EXPECT_EQ(event().time_ns, 1'767'323'045'123'000'000);
}

TEST_F(JsonLineTest, ATimestampThatCannotBeReadStaysAField) {
  for (const std::string_view json :
       {"\"yesterday\"", "true", "[1]", "1e300", "99999999999999999999"}) {
    ASSERT_EQ(parse("{\"timestamp\":" + std::string(json) + "}"), Outcome::event) << json;
    EXPECT_EQ(event().time_ns, std::nullopt) << json;
    ASSERT_EQ(event().fields.size(), 1U) << json;
    EXPECT_EQ(event().fields[0].key, "timestamp");
  }
  EXPECT_EQ(parse(R"({"timestamp":"yesterday"})"), Outcome::event);
  EXPECT_EQ(event().fields[0].value, text("yesterday"));
}

TEST_F(JsonLineTest, IdsThatAreNoTraceStayFields) {
  ASSERT_EQ(parse(R"({"trace_id":"abc","span_id":"b7ad6b7169203331"})"), Outcome::event);
  EXPECT_EQ(event().trace, nullptr);
  ASSERT_EQ(event().fields.size(), 2U);
  EXPECT_EQ(event().fields[0], (FieldView{"trace_id", text("abc")}));
  ASSERT_EQ(parse(R"({"trace_id":7})"), Outcome::event);
  EXPECT_EQ(event().fields[0], (FieldView{"trace_id", Value(std::int64_t{7})}));
  ASSERT_EQ(
      parse(R"({"trace_id":"00000000000000000000000000000000","span_id":"b7ad6b7169203331"})"),
      Outcome::event);
  EXPECT_EQ(event().fields.size(), 2U);
}

TEST_F(JsonLineTest, SaysWhichParameterIsWrong) {
  const auto problem = [&](std::string_view line) {
    EXPECT_EQ(parse(line), Outcome::wrong_parameter) << line;
    return json_.problem();
  };
  EXPECT_EQ(problem(R"({"message":3})"), "'message' is not a string");
  EXPECT_EQ(problem(R"({"level":"loud"})"), "'level' is 'loud', which is no level");
  EXPECT_EQ(problem(R"({"level":""})"), "'level' is '', which is no level");
  EXPECT_EQ(problem(R"({"level":30})"), "'level' is not a string");
  EXPECT_EQ(problem(R"({"logger":{}})"), "'logger' is not a string");
  EXPECT_EQ(problem(R"({"event":[]})"), "'event' is not a string");
  EXPECT_EQ(problem(R"({"tags":{"a":1}})"), "'tags' is not a list of strings");
  EXPECT_EQ(problem(R"({"destinations":["a",1],"x":2})"),
            "'destinations' is not a list of strings");
}

TEST_F(JsonLineTest, WrongJsonComesBeforeWrongParameters) {
  EXPECT_EQ(parse(R"({"message":3,})"), Outcome::not_json);
  EXPECT_THAT(json_.problem(), HasSubstr("not valid JSON"));
}

TEST_F(JsonLineTest, RefusesWhatIsNotOneObject) {
  using namespace std::string_view_literals;
  for (const std::string_view line : {""sv,
                                      "text"sv,
                                      "[1]"sv,
                                      "3"sv,
                                      "\"a\""sv,
                                      "null"sv,
                                      "{"sv,
                                      "{\"a\":1"sv,
                                      "{\"a\":1}}"sv,
                                      "{\"a\":1} x"sv,
                                      "{\"a\":1}{}"sv,
                                      "{\"a\":01}"sv,
                                      "{\"a\":tru}"sv,
                                      "{\"a\":nul}"sv,
                                      "{\"a\":1,}"sv,
                                      "{\"a\":1 \"b\":2}"sv,
                                      "{\"a\" 1}"sv,
                                      "{a:1}"sv,
                                      "{\"a\":\"x}"sv,
                                      "{\"a\":\"\\q\"}"sv,
                                      "{\"a\":\"\\ud800\"}"sv,
                                      "{\"a\":\"\x01\"}"sv,
                                      "{\"a\":\"\xff\"}"sv,
                                      "{\"\xc3\":1}"sv,
                                      "{\"a\":[1,]}"sv,
                                      "{\"a\":[1}}"sv,
                                      "{\"a\":{\"b\":}}"sv,
                                      "{\"a\":1\0}"sv,
                                      "{\"a\":\"b\":1}"sv,
                                      "{\"a\":\"b\"c}"sv,
                                      "{\"a\":{\"x\":\"b\":1}}"sv,
                                      "{\"a\":-}"sv,
                                      "{\"tags\":[\"a\" \"b\"]}"sv,
                                      "{\"message\":\"a\":1}"sv,
                                      "{,}"sv,
                                      "{\"a\":}"sv}) {
    EXPECT_EQ(parse(line), Outcome::not_json) << line;
    EXPECT_FALSE(json_.problem().empty());
  }
}

TEST_F(JsonLineTest, TakesLinesOfManyMegabytes) {
  const std::string long_text(5'000'000, 'x');
  EXPECT_EQ(value_of("\"" + long_text + "\""), text(long_text));
  EXPECT_EQ(value_of("1"), Value(std::int64_t{1}));
}

// Whole objects of random parts, cut and spliced: another parser is the judge.
TEST_F(JsonLineTest, AgreesWithAnotherParserOnWhatIsJson) {
  const auto seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  constexpr std::string_view pieces[] = {"\"a\":",
                                         "1",
                                         "\"s\"",
                                         "{",
                                         "}",
                                         "[",
                                         "]",
                                         ",",
                                         ":",
                                         "\"k\":",
                                         "true",
                                         "null",
                                         "-1.5",
                                         " ",
                                         "\"\\n\"",
                                         "\\",
                                         "\"x\":{}",
                                         "\"y\":[1,2]",
                                         "\"z\":\"\\u00e9\"",
                                         ",\"b\":2",
                                         "x"};
  int valid = 0;
  for (int i = 0; i < 200'000; ++i) {
    std::string line = "{";
    for (std::size_t n = random() % 6; n > 0; --n) line += pieces[random() % std::size(pieces)];
    if (random() % 8 != 0) line += "}";
    const bool expected = nlohmann::json::accept(line);
    valid += expected ? 1 : 0;
    ASSERT_EQ(parse(line) == Outcome::event, expected) << line << "\n" << json_.problem();
  }
  EXPECT_GT(valid, 500);
}

}  // namespace
}  // namespace penstock::cli
