// SPDX-License-Identifier: Apache-2.0
#include "cli/json_grammar.hpp"

#include <random>
#include <string>
#include <string_view>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace penstock::cli {
namespace {

TEST(JsonGrammar, TakesEveryKindOfValue) {
  for (const std::string_view text :
       {"{}", "[]", "null", "true", "false", "0", "-0", "1.5e+10", "\"\"", R"("\u00e9\n\\\"\/")",
        R"({"a":[1,{"b":null},[]],"c":""})", " [ 1 , 2 ] ", "\t{\r\n}\n",
        "12345678901234567890123"}) {
    EXPECT_TRUE(is_json(text)) << text;
  }
}

TEST(JsonGrammar, RefusesWhatIsNearlyJson) {
  for (const std::string_view text :
       {"",          " ",       "{",           "}",         "[",        "[1",         "[1,]",
        "[,1]",      "[1 2]",   "{1:2}",       "{\"a\"}",   "{\"a\":}", "{\"a\":1,}", "{,}",
        "{\"a\" 1}", "[1}",     "{\"a\":1]",   "01",        "1.",       ".5",         "+1",
        "-",         "1e",      "1e+",         "tru",       "True",     "nul",        "nan",
        "\"",        "\"\\x\"", "\"\\u12g4\"", "\"\\u12\"", "'a'",      "1 2",        "{} {}",
        "[1]]",      "\"a\"b",  "0x1",         "1_000"}) {
    EXPECT_FALSE(is_json(text)) << text;
  }
}

TEST(JsonGrammar, BoundsNesting) {
  const auto nested = [](std::size_t depth) {
    return std::string(depth, '[') + std::string(depth, ']');
  };
  EXPECT_TRUE(is_json(nested(json_depth_max)));
  EXPECT_FALSE(is_json(nested(json_depth_max + 1)));
}

TEST(JsonGrammar, KnowsNumbers) {
  for (const std::string_view text : {"0", "-0", "10", "1.25", "1e5", "-1.5E-3"}) {
    EXPECT_TRUE(is_json_number(text)) << text;
  }
  for (const std::string_view text : {"", "-", "00", "1.", "1e", " 1", "1 ", "1,", "Infinity"}) {
    EXPECT_FALSE(is_json_number(text)) << text;
  }
}

// Short random texts of JSON's own characters hit every state; another parser is the judge.
// (Without exponents: it refuses numbers that no double holds.)
TEST(JsonGrammar, AgreesWithAnotherParser) {
  const auto seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  constexpr std::string_view pieces[] = {"{", "}", "[",   "]",     ",",      ":",         "1",
                                         "-", ".", "0",   "true",  "null",   "\"",        "a",
                                         " ", "+", "\\n", "\"k\"", "\"k\":", "\"\\u12\"", "12"};
  int valid = 0;
  for (int i = 0; i < 200'000; ++i) {
    std::string text;
    for (std::size_t n = 1 + random() % 7; n > 0; --n) text += pieces[random() % std::size(pieces)];
    const bool expected = nlohmann::json::accept(text);
    valid += expected ? 1 : 0;
    ASSERT_EQ(is_json(text), expected) << text;
  }
  EXPECT_GT(valid, 1000);
}

}  // namespace
}  // namespace penstock::cli
