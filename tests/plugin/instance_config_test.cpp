// SPDX-License-Identifier: Apache-2.0
// The options of an instance, as a plugin reads them: InstanceConfig on the host's side, Config on
// the plugin's.
#include "plugin/instance_config.hpp"

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "penstock/plugin/config.hpp"
#include "plugin/json.hpp"
#include "plugin_support.hpp"

namespace penstock::plugin::test {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using namespace std::chrono_literals;

class InstanceConfigTest : public ::testing::Test {
 protected:
  static Value options() {
    return Value::Object{
        {"text", "words"},
        {"empty", ""},
        {"yes", true},
        {"minus", -5},
        {"large", UINT64_MAX},
        {"real", 2.5},
        {"nothing", Value()},
        {"wait", "5ms"},
        {"wait_ns", 700},
        {"bytes", "64MiB"},
        {"bytes_number", std::uint64_t{1} << 63},
        {"soon", "five"},
        {"list", Value::Array{1, "two", Value::Object{{"c", "deep"}}, Value::Array{7, 8}}},
        {"a",
         Value::Object{
             {"b", Value::Array{0, 1, Value::Object{{"c", "found"}}}}, {"x", 1}, {"y", 2}}},
    };
  }
  static std::int32_t code(const InstanceConfig& config, std::string_view path) {
    penstock_value value{};
    return config.c().get(config.c().ctx, penstock::detail::c_text(path), &value);
  }

  const InstanceConfig instance_{options()};
  const Config config_{instance_.c()};
};

TEST_F(InstanceConfigTest, GivesEveryKindOfScalar) {
  EXPECT_EQ(config_.text("text"), "words");
  EXPECT_EQ(config_.text("empty", "fallback"), "");
  EXPECT_TRUE(config_.boolean("yes"));
  EXPECT_EQ(config_.integer("minus"), -5);
  EXPECT_EQ(config_.get("large"), penstock::Value(UINT64_MAX));
  EXPECT_EQ(config_.number("real"), 2.5);
  EXPECT_EQ(config_.number("minus"), -5.0);
  EXPECT_EQ(config_.number("large"), 18446744073709551615.0);
}

TEST_F(InstanceConfigTest, FollowsPathsThroughObjectsAndLists) {
  EXPECT_EQ(config_.text("a.b[2].c"), "found");
  EXPECT_EQ(config_.integer("list[0]"), 1);
  EXPECT_EQ(config_.text("list[1]"), "two");
  EXPECT_EQ(config_.text("list[2].c"), "deep");
  EXPECT_EQ(config_.integer("list[3][1]"), 8);
}

TEST_F(InstanceConfigTest, AKeyMayHaveDotsAndTheLongestCounts) {
  const Value root = Value::Object{
      {"options", Value::Object{{"linger.ms", 5}, {"linger", Value::Object{{"ms", 6}, {"s", 7}}}}},
      {"a.b", Value::Object{{"c.d", Value::Array{1, 2}}}}};
  const auto number = [&](std::string_view path) {
    const Value* const found = find_path(root, path);
    return found == nullptr ? -1 : std::get<std::int64_t>(found->data);
  };
  EXPECT_EQ(number("options.linger.ms"), 5);
  EXPECT_EQ(number("options.linger.s"), 7);
  EXPECT_EQ(number("a.b.c.d[1]"), 2);
  for (const char* const path :
       {"options.linger.", "options..linger", ".options", "options.linger.x", "a.b.c", "a.b.c.d.",
        "a.b[0]", "options.linger.ms.x"}) {
    EXPECT_EQ(find_path(root, path), nullptr) << path;
  }
}

TEST_F(InstanceConfigTest, APathThatLeadsNowhereIsAbsent) {
  for (const std::string_view path :
       {"none",     "text.none",  "text[0]", "list[4]", "list[18446744073709551616]",
        "list[-1]", "list[+1]",   "list[1",  "list[]",  "list[1 ]",
        "list.0",   "a.b[2].c.d", "a..x",    "a.",      ".a",
        "a[0]",     "a.b[2]c",    ".",       "[",       "]",
        "[0]",      "list[1]]"}) {
    EXPECT_EQ(code(instance_, path), PENSTOCK_ABSENT) << path;
    EXPECT_FALSE(config_.get(path)) << path;
    EXPECT_EQ(config_.text(path, "fallback"), "fallback") << path;
    EXPECT_EQ(config_.count(path), 0u) << path;
  }
  EXPECT_EQ(code(instance_, "nothing"), PENSTOCK_ABSENT);  // null is nothing
}

TEST_F(InstanceConfigTest, WhatIsOfAnotherKindGivesTheFallback) {
  EXPECT_EQ(code(instance_, "list"), PENSTOCK_FAILED);
  EXPECT_EQ(code(instance_, "a"), PENSTOCK_FAILED);
  EXPECT_EQ(code(instance_, ""), PENSTOCK_FAILED);  // the whole, which is an object
  EXPECT_EQ(config_.text("minus", "fallback"), "fallback");
  EXPECT_EQ(config_.integer("text", 9), 9);
  EXPECT_EQ(config_.integer("real", 9), 9);
  EXPECT_EQ(config_.number("text", 9), 9);
  EXPECT_TRUE(config_.boolean("text", true));
  EXPECT_EQ(config_.duration("list", 1s), 1s);
  EXPECT_EQ(config_.bytes("a", 3), 3u);
}

TEST_F(InstanceConfigTest, ANumberThatIsTooLargeDoesNotTurnNegative) {
  EXPECT_EQ(config_.integer("large", 9), 9);
}

TEST_F(InstanceConfigTest, GivesDurationsAndSizes) {
  EXPECT_EQ(config_.duration("wait"), 5ms);
  EXPECT_EQ(config_.duration("wait_ns"), 700ns);
  EXPECT_EQ(config_.duration("soon", 1s), 1s);
  EXPECT_EQ(config_.duration("minus", 1s), 1s);
  EXPECT_EQ(config_.duration("bytes_number", 1s), 1s);  // more than a duration holds
  EXPECT_EQ(config_.duration("none", 1s), 1s);
  EXPECT_EQ(config_.duration("nothing", 1s), 1s);
  EXPECT_EQ(config_.bytes("bytes"), 64u << 20);
  EXPECT_EQ(config_.bytes("bytes_number"), std::uint64_t{1} << 63);
  EXPECT_EQ(config_.bytes("minus", 3), 3u);
  EXPECT_EQ(config_.bytes("soon", 3), 3u);
}

TEST_F(InstanceConfigTest, CountsAndNamesWhatIsInside) {
  EXPECT_EQ(config_.count("list"), 4u);
  EXPECT_EQ(config_.count("a"), 3u);
  EXPECT_EQ(config_.count("a.b"), 3u);
  EXPECT_EQ(config_.count(""), 14u);
  EXPECT_EQ(config_.count("text"), 0u);
  EXPECT_EQ(config_.key("a", 0), "b");
  EXPECT_EQ(config_.key("a", 2), "y");
  EXPECT_EQ(config_.key("a", 3), "");
  EXPECT_EQ(config_.key("list", 0), "");
  EXPECT_EQ(config_.key("none", 0), "");
}

TEST_F(InstanceConfigTest, GivesAllOfItAsJson) {
  const Result<Value> parsed = parse_json(config_.json());
  ASSERT_TRUE(parsed.ok());
  EXPECT_EQ(*parsed, options());
}

// ---- secrets

class SecretConfigTest : public ::testing::Test {
 protected:
  // What a secret with this reference gives, or why it does not.
  static std::string reveal(const Value& reference) {
    const InstanceConfig instance(Value::Object{{"token", reference}});
    return Config(instance.c()).secret("token");
  }
  static std::string failure(const Value& reference) {
    try {
      return "no failure: " + reveal(reference);
    } catch (const std::runtime_error& error) {
      return error.what();
    }
  }
  std::string in_file(const std::string& text) const {
    return "${file:" + folder_.add("secret", std::string_view(text)) + "}";
  }

  Folder folder_{};
};

TEST_F(SecretConfigTest, ComesFromAFileWhateverItsLength) {
  for (const std::size_t length : {1u, 255u, 256u, 257u, 300u, 4096u, 65'000u}) {
    const std::string secret(length, 's');
    EXPECT_EQ(reveal(in_file(secret + "\n")), secret) << length;
  }
}

TEST_F(SecretConfigTest, IsReadAnewEachTime) {
  const InstanceConfig instance(Value::Object{{"token", in_file("old")}});
  const Config config(instance.c());
  EXPECT_EQ(config.secret("token"), "old");
  in_file("new and longer");
  EXPECT_EQ(config.secret("token"), "new and longer");
}

TEST_F(SecretConfigTest, StandsInTheJsonAsAReference) {
  const std::string reference = in_file("hush");
  const InstanceConfig instance(Value::Object{{"token", reference}});
  EXPECT_THAT(Config(instance.c()).json(), AllOf(HasSubstr("${file:"), Not(HasSubstr("hush"))));
  EXPECT_EQ(Config(instance.c()).text("token"), reference);
}

TEST_F(SecretConfigTest, OneThatIsMissingSaysWhichAndThrows) {
  const std::string path = folder_.path("gone");
  EXPECT_THAT(failure("${file:" + path + "}"), HasSubstr(path));
  EXPECT_THAT(failure("${env:PENSTOCK_TEST_NOT_SET}"), HasSubstr("PENSTOCK_TEST_NOT_SET"));
}

TEST_F(SecretConfigTest, OneThatIsNotThereIsEmpty) {
  const InstanceConfig instance(Value::Object{{"null", Value()}});
  EXPECT_EQ(Config(instance.c()).secret("token"), "");
  EXPECT_EQ(Config(instance.c()).secret("null"), "");
}

TEST_F(SecretConfigTest, OneThatIsNoTextSaysSo) {
  EXPECT_THAT(failure(5), HasSubstr("text"));
  EXPECT_THAT(failure(Value::Array{}), HasSubstr("text"));
}

TEST_F(SecretConfigTest, NothingIsWrittenIntoABufferThatIsTooSmall) {
  const InstanceConfig instance(Value::Object{{"token", in_file("abcdef")}});
  std::string buffer(5, '-');
  std::size_t needed = 0;
  penstock_text error{};
  EXPECT_EQ(instance.c().secret(instance.c().ctx, penstock::detail::c_text("token"), buffer.data(),
                                buffer.size(), &needed, &error),
            PENSTOCK_OK);
  EXPECT_EQ(needed, 6u);
  EXPECT_EQ(buffer, "-----");
}

}  // namespace
}  // namespace penstock::plugin::test
