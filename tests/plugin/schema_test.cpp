// SPDX-License-Identifier: Apache-2.0
#include "plugin/schema.hpp"

#include <limits>
#include <string>
#include <string_view>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "plugin/json.hpp"

namespace penstock::plugin::test {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

std::string messages(const Errors& errors) {
  std::string text;
  for (const Error& error : errors) text += error.message + "\n";
  return text;
}

// What is wrong with a schema.
std::string schema_problems(std::string_view json) {
  const auto schema = read_schema(*parse_json(json), "s");
  return schema ? "" : messages(schema.errors());
}

// What is wrong with a value.
std::string problems(std::string_view schema, std::string_view value) {
  const auto read = read_schema(*parse_json(schema), "s");
  EXPECT_TRUE(read) << schema << "\n" << messages(read.errors());
  return read ? messages(validate(*read, *parse_json(value), "options")) : "?";
}

// ---- whether a value fits

struct Case {
  std::string_view schema;
  std::string_view value;
  std::string_view problem;  // part of the message; "" when it fits
};

constexpr Case cases[] = {
    {R"({"type":"string"})", R"("a")", ""},
    {R"({"type":"string"})", "null", "'options' must be a string, not null"},
    {R"({"type":"string"})", "5", "not 5; write it in quotes"},
    {R"({"type":"string"})", "true", "not true; write it in quotes"},
    {R"({"type":"string"})", "[]", "must be a string, not []"},
    {R"({"type":"integer"})", "-5", ""},
    {R"({"type":"integer"})", "18446744073709551615", ""},
    {R"({"type":"integer"})", "1.0", "must be a whole number, not 1.0"},
    {R"({"type":"integer"})", R"("5")", "must be a whole number, not '5'"},
    {R"({"type":"number"})", "5", ""},
    {R"({"type":"number"})", "0.5", ""},
    {R"({"type":"number"})", "false", "must be a number, not false"},
    {R"({"type":"boolean"})", "false", ""},
    {R"({"type":"boolean"})", R"("yes")", "must be true or false, not 'yes'"},
    {R"({"type":"boolean"})", "1", "must be true or false, not 1"},
    {R"({"type":"array"})", "[1,\"a\",null]", ""},
    {R"({"type":"array"})", "{\"a\":1}", "must be a list, not a mapping"},
    {R"({"type":"array","items":{"type":"integer"}})", "[]", ""},
    {R"({"type":"array","items":{"type":"integer"}})", "[1,2,\"x\"]",
     "'options[2]' must be a whole number, not 'x'"},
    {R"({"type":"object"})", R"({"any":1})", ""},
    {R"({"type":"object"})", "[1]", "must be a mapping, not a list"},
    {R"({"type":"object","additionalProperties":false})", R"({"any":1})",
     "unknown key 'any' in 'options'; it takes none"},
    {R"({"type":"object","additionalProperties":false,"properties":{"port":{"type":"integer"}}})",
     R"({"prot":1})", "unknown key 'prot' in 'options' (did you mean 'port'?)"},
    {R"({"type":"object","additionalProperties":false,"properties":{"port":{"type":"integer"}}})",
     R"({"zzzzzz":1})", "; valid keys are port"},
    {R"({"type":"object","required":["a"],"properties":{"a":{"type":"boolean"}}})", "{}",
     "'options.a' is missing; it must be true or false"},
    {R"({"type":"object","required":["a"],"properties":{"a":{"type":"boolean"}}})",
     R"({"a":true,"b":1})", ""},
    {R"({"type":"integer","minimum":1,"maximum":9})", "1", ""},
    {R"({"type":"integer","minimum":1,"maximum":9})", "9", ""},
    {R"({"type":"integer","minimum":1,"maximum":9})", "0", "must be at least 1, not 0"},
    {R"({"type":"integer","minimum":1,"maximum":9})", "10", "must be at most 9, not 10"},
    {R"({"type":"number","maximum":0.5})", "0.75", "must be at most 0.5, not 0.75"},
    {R"({"type":"integer","minimum":18446744073709551615})", "-1", "must be at least"},
    {R"({"type":"string","minLength":1})", R"("")", "must not be empty"},
    {R"({"type":"string","minLength":2})", R"("x")", "at least 2 characters, not 1"},
    {R"({"type":"string","maxLength":2})", "\"\xC3\xA4\xC3\xB6\"", ""},
    {R"({"type":"string","maxLength":2})", R"("xyz")", "at most 2 characters, not 3"},
    {R"({"type":"string","enum":["fast","slow"]})", R"("fast")", ""},
    {R"({"type":"string","enum":["fast","slow"]})", R"("fats")",
     "cannot be 'fats' (did you mean 'fast'?); it is one of fast, slow"},
    {R"({"type":"integer","enum":[1,2,4]})", "3", "cannot be 3; it is one of 1, 2, 4"},
    {R"({"type":"number","enum":[1,2.5]})", "1.0", ""},
    {R"({"type":"string","format":"duration"})", R"("1.5s")", ""},
    {R"({"type":"string","format":"duration"})", "0", ""},
    {R"({"type":"string","format":"duration"})", "5", "must be a duration such as 5ms, not 5"},
    {R"({"type":"string","format":"duration"})", R"("5 parsec")", "must be a duration"},
    {R"({"type":"string","format":"size"})", R"("64MiB")", ""},
    {R"({"type":"string","format":"size"})", "10485760", ""},
    {R"({"type":"string","format":"size"})", "-1", "must be a size such as 64MiB, not -1"},
    {R"({"type":"string","format":"secret","minLength":8})", R"("hunter2hunter2")", ""},
};

TEST(SchemaValidate, EachCase) {
  for (const Case& each : cases) {
    const std::string found = problems(each.schema, each.value);
    if (each.problem.empty()) {
      EXPECT_EQ(found, "") << each.schema << " " << each.value;
    } else {
      EXPECT_THAT(found, HasSubstr(std::string(each.problem))) << each.schema << " " << each.value;
    }
  }
}

TEST(SchemaValidate, NeverShowsASecret) {
  constexpr std::string_view schema = R"({"type":"string","format":"secret","minLength":9})";
  EXPECT_EQ(problems(schema, R"("hunter2")"), "'options' must have at least 9 characters, not 7\n");
  EXPECT_EQ(problems(schema, "31337"), "'options' must be a string, not a whole number\n");
}

TEST(SchemaValidate, TellsAllErrorsAtOnceWithTheirPaths) {
  const std::string found = problems(
      R"({"type":"object","required":["brokers"],"additionalProperties":false,"properties":{
          "brokers":{"type":"array","items":{"type":"object","properties":{
            "host":{"type":"string"},"port":{"type":"integer","maximum":65535}}}},
          "acks":{"type":"string","enum":["none","all"]}}})",
      R"({"brokers":[{"host":"a"},{"host":1},{"port":70000}],"acks":"some","akcs":"all"})");
  EXPECT_THAT(found, HasSubstr("'options.brokers[1].host' must be a string, not 1"));
  EXPECT_THAT(found, HasSubstr("'options.brokers[2].port' must be at most 65535, not 70000"));
  EXPECT_THAT(found, HasSubstr("'options.acks' cannot be 'some'"));
  EXPECT_THAT(found, HasSubstr("unknown key 'akcs' in 'options' (did you mean 'acks'?)"));
}

TEST(SchemaValidate, GivesThePlaceOfWhatIsWrong) {
  const auto schema = *read_schema(*parse_json(R"({"type":"object","additionalProperties":false,
      "required":["b"],"properties":{"a":{"type":"integer"},"b":{"type":"integer"}}})"),
                                   "s");
  Value text("x");
  text.line = 3;
  text.column = 7;
  Value value(Value::Object{{"a", text, 3, 4}, {"c", Value(1), 4, 4}});
  value.line = 2;
  value.column = 1;
  const Errors errors = validate(schema, value, "options");
  ASSERT_EQ(errors.size(), 3u) << messages(errors);
  EXPECT_EQ(errors[0].line, 3);
  EXPECT_EQ(errors[0].column, 7);
  EXPECT_EQ(errors[1].line, 4);
  EXPECT_EQ(errors[1].column, 4);
  EXPECT_EQ(errors[2].line, 2);
}

TEST(SchemaValidate, StopsAtManyErrorsAndSaysSo) {
  std::string list = "[0";
  for (int i = 0; i < 1000; ++i) list += ",0";
  const auto schema =
      *read_schema(*parse_json(R"({"type":"array","items":{"type":"string"}})"), "s");
  const Errors errors = validate(schema, *parse_json(list + "]"), "options");
  EXPECT_EQ(errors.size(), schema_errors_max + 1);
  EXPECT_EQ(errors.back().message, "and more");
}

TEST(SchemaValidate, NumbersMustBeFinite) {
  const auto schema = *read_schema(*parse_json(R"({"type":"number"})"), "s");
  EXPECT_FALSE(validate(schema, Value(std::numeric_limits<double>::quiet_NaN()), "o").empty());
  EXPECT_FALSE(validate(schema, Value(std::numeric_limits<double>::infinity()), "o").empty());
}

TEST(SchemaValidate, KeysCannotForgeALine) {
  const std::string found =
      problems(R"({"type":"object","additionalProperties":false})", R"({"a\nb":1})");
  EXPECT_EQ(std::count(found.begin(), found.end(), '\n'), 1);
}

// ---- the schema itself

TEST(SchemaRead, RefusesUnknownKeywordsByName) {
  EXPECT_THAT(schema_problems(R"({"type":"string","pattern":".*"})"),
              HasSubstr("'s' has the unknown keyword 'pattern'"));
  EXPECT_THAT(schema_problems(R"({"type":"integer","minimun":1})"),
              HasSubstr("'minimun' (did you mean 'minimum'?)"));
  for (const std::string_view word :
       {"$ref", "oneOf", "allOf", "patternProperties", "const", "if"}) {
    EXPECT_THAT(schema_problems(R"({"type":"object",")" + std::string(word) + R"(":{}})"),
                HasSubstr(std::string(word)));
  }
}

TEST(SchemaRead, RefusesKeywordsOfAnotherType) {
  EXPECT_THAT(schema_problems(R"({"type":"integer","minLength":1})"),
              HasSubstr("'minLength', which is not for the type integer"));
  EXPECT_NE(schema_problems(R"({"type":"string","items":{"type":"string"}})"), "");
  EXPECT_NE(schema_problems(R"({"type":"array","properties":{}})"), "");
  EXPECT_NE(schema_problems(R"({"type":"object","enum":[{}]})"), "");
}

TEST(SchemaRead, RefusesWrongKeywords) {
  for (const std::string_view json :
       {"[]",
        "{}",
        R"({"type":"strin"})",
        R"({"type":["string"]})",
        R"({"type":1})",
        R"({"type":"object","properties":[]})",
        R"({"type":"object","properties":{"a":1}})",
        R"({"type":"object","properties":{"":{"type":"string"}}})",
        R"({"type":"object","properties":{"a\n":{"type":"string"}}})",
        R"({"type":"object","required":"a"})",
        R"({"type":"object","required":["a"]})",
        R"({"type":"object","required":[1]})",
        R"({"type":"object","required":["a"],"properties":{"a":{"type":"integer","default":1}}})",
        R"({"type":"object","additionalProperties":{}})",
        R"({"type":"array","items":[]})",
        R"({"type":"string","enum":[]})",
        R"({"type":"string","enum":["a",1]})",
        R"({"type":"integer","minimum":"1"})",
        R"({"type":"integer","minimum":2,"maximum":1})",
        R"({"type":"string","minLength":-1})",
        R"({"type":"string","maxLength":1.5})",
        R"({"type":"string","minLength":2,"maxLength":1})",
        R"({"type":"string","format":"uri"})",
        R"({"type":"string","format":"secret","default":"x"})",
        R"({"type":"string","default":1})",
        R"({"type":"integer","maximum":5,"default":6})",
        R"({"type":"string","enum":["a"],"default":"b"})",
        R"({"type":"string","format":"duration","default":"5"})",
        R"({"type":"string","description":5})"}) {
    EXPECT_NE(schema_problems(json), "") << json;
  }
}

// What a secret refers to is read by the host: a manifest must not say what that is.
TEST(SchemaRead, ADefaultReachesNoSecretAtAnyDepth) {
  const std::string secret = R"({"type":"string","format":"secret"})";
  const std::string holder = R"("properties":{"token":)" + secret + "}";
  const std::string reference = R"({"token":"${file:/etc/shadow}"})";
  for (const auto& [json, place] : std::vector<std::pair<std::string, std::string>>{
           {R"({"type":"object",)" + holder + R"(,"default":)" + reference + "}", "token"},
           {R"({"type":"object","properties":{"auth":{"type":"object",)" + holder +
                R"(,"default":)" + reference + "}}}",
            "token"},
           {R"({"type":"object","properties":{"a":{"type":"object",)" + holder +
                R"(}},"default":{"a":)" + reference + "}}",
            "a.token"},
           {R"({"type":"array","items":)" + secret + R"(,"default":["x","${env:HOME}"]})", "[1]"},
           {R"({"type":"array","items":{"type":"object",)" + holder + R"(},"default":[)" +
                reference + "]}",
            "[0].token"},
           {R"({"type":"array","items":{"type":"object",)" + holder + R"(,"default":)" + reference +
                "}}",
            "token"}}) {
    EXPECT_THAT(schema_problems(json),
                AllOf(HasSubstr(place + "' gives a default to a secret"), HasSubstr(".default")))
        << json;
  }
  EXPECT_EQ(schema_problems(R"({"type":"object",)" + holder + R"(,"default":{"other":"x"}})"), "");
}

TEST(SchemaRead, TellsAllErrorsAtOnceWithTheirPaths) {
  EXPECT_THAT(schema_problems(R"({"type":"object","properties":{
      "a":{"type":"array","items":{"type":"text"}},"b":{"typ":"string"},"c":{"type":"string","x":1}}})"),
              AllOf(HasSubstr("'s.properties.a.items.type' must be one of"),
                    HasSubstr("'s.properties.b' has no type"),
                    HasSubstr("'s.properties.c' has the unknown keyword 'x'")));
}

TEST(SchemaRead, BoundsItsDepth) {
  std::string json = R"({"type":"string"})";
  for (std::size_t i = 1; i < schema_depth_max; ++i)
    json = R"({"type":"array","items":)" + json + "}";
  EXPECT_EQ(schema_problems(json), "");
  EXPECT_THAT(schema_problems(R"({"type":"array","items":)" + json + "}"), HasSubstr("deep"));
}

TEST(SchemaRead, ReadsAllItKnows) {
  const auto schema =
      read_schema(*parse_json(R"({"type":"object","description":"d","required":["a"],
      "additionalProperties":false,"properties":{
        "a":{"type":"integer","minimum":1,"maximum":2},
        "b":{"type":"string","minLength":3,"maxLength":4,"format":"size","default":"1MiB"}}})"),
                  "s");
  ASSERT_TRUE(schema) << messages(schema.errors());
  EXPECT_EQ(schema->description, "d");
  EXPECT_FALSE(schema->additional_properties);
  EXPECT_TRUE(schema->find("a")->required);
  EXPECT_EQ(schema->find("a")->schema.minimum, Value(1));
  EXPECT_EQ(schema->find("b")->schema.length_max, 4u);
  EXPECT_EQ(schema->find("b")->schema.format, Schema::Format::size);
  EXPECT_EQ(schema->find("c"), nullptr);
}

// ---- defaults

TEST(SchemaDefaults, FillWhatIsNotThere) {
  const auto schema = *read_schema(*parse_json(R"({"type":"object","properties":{
      "a":{"type":"integer","default":1},"b":{"type":"string"},
      "c":{"type":"object","default":{},"properties":{"d":{"type":"boolean","default":true}}},
      "e":{"type":"object","properties":{"f":{"type":"integer","default":2}}},
      "g":{"type":"array","items":{"type":"object","properties":{
        "h":{"type":"integer","default":3}}}}}})"),
                                   "s");
  Value value = *parse_json(R"({"g":[{},{"h":4}],"a":7})");
  fill_defaults(schema, value);
  EXPECT_EQ(json_text(value), R"({"g":[{"h":3},{"h":4}],"a":7,"c":{"d":true}})");
  EXPECT_TRUE(validate(schema, value, "o").empty());
}

TEST(SchemaDefaults, LeaveWhatIsOfAnotherType) {
  const auto schema = *read_schema(
      *parse_json(R"({"type":"object","properties":{"a":{"type":"integer","default":1}}})"), "s");
  Value value(5);
  fill_defaults(schema, value);
  EXPECT_EQ(json_text(value), "5");
}

}  // namespace
}  // namespace penstock::plugin::test
