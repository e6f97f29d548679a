// SPDX-License-Identifier: Apache-2.0
#include "signing/statement.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "signing/plugin_id.hpp"
#include "signing/version.hpp"
#include "support.hpp"

namespace penstock::signing {
namespace {

using testing::errors_of;
using ::testing::HasSubstr;

const std::string good =
    "penstock1 id=org.example.kafka version=1.2.3 abi=1.0 arch=x86_64 serial=42 "
    "ts=2026-01-02T03:04:05Z needed=libc.so.6,librdkafka.so.1";

TEST(Statement, ComesBackFromItsText) {
  const auto statement = parse_statement(good);
  ASSERT_TRUE(statement) << errors_of(statement);
  EXPECT_EQ(statement->id, "org.example.kafka");
  EXPECT_EQ(statement->version, "1.2.3");
  EXPECT_EQ(statement->abi, (AbiVersion{.major = 1, .minor = 0}));
  EXPECT_EQ(statement->arch, "x86_64");
  EXPECT_EQ(statement->serial, 42U);
  EXPECT_EQ(statement->signed_at, testing::at("2026-01-02T03:04:05Z"));
  EXPECT_THAT(*statement->needed, ::testing::ElementsAre("libc.so.6", "librdkafka.so.1"));
  EXPECT_EQ(*format_statement(*statement), good);
}

TEST(Statement, MaySayNothingAboutLibraries) {
  const std::string text = good.substr(0, good.find(" needed="));
  const auto statement = parse_statement(text);
  ASSERT_TRUE(statement) << errors_of(statement);
  EXPECT_FALSE(statement->needed);
  EXPECT_EQ(*format_statement(*statement), text);
}

struct Change {
  std::string_view from;
  std::string_view to;
};

class WrongStatement : public ::testing::TestWithParam<Change> {};

TEST_P(WrongStatement, IsRefused) {
  const std::string text = testing::replaced(good, GetParam().from, GetParam().to);
  EXPECT_FALSE(parse_statement(text)) << text;
}

INSTANTIATE_TEST_SUITE_P(
    Signing, WrongStatement,
    ::testing::Values(
        Change{"penstock1", "penstock2"}, Change{"penstock1 ", ""}, Change{"penstock1", "penstock"},
        Change{"penstock1 ", "penstock1  "}, Change{"penstock1", " penstock1"},
        Change{"penstock1 ", "penstock1\t"}, Change{"penstock1", "timestamp:1"},
        Change{" version", "  version"}, Change{"id=org.example.kafka ", ""},
        Change{"id=org.example.kafka version=1.2.3", "version=1.2.3 id=org.example.kafka"},
        Change{"id=", "ID="}, Change{"org.example", "Org.example"},
        Change{"org.example", "org/example"}, Change{"org.example.kafka", "kafka"},
        Change{"org.example.kafka", "..kafka"}, Change{"org.example.kafka", "org.-x.kafka"},
        Change{"org.example.kafka", ""}, Change{"1.2.3", "1.2"}, Change{"1.2.3", "v1.2.3"},
        Change{"1.2.3", "01.2.3"}, Change{"1.2.3", "1.2.3.4"}, Change{"1.2.3", ""},
        Change{"abi=1.0", "abi=1"}, Change{"abi=1.0", "abi=01.0"}, Change{"abi=1.0", "abi=1.0.0"},
        Change{"abi=1.0", "abi=+1.0"}, Change{"abi=1.0", "abi=4294967296.0"},
        Change{"x86_64", "X86_64"}, Change{"x86_64", ""}, Change{"serial=42", "serial=0"},
        Change{"serial=42", "serial=-1"}, Change{"serial=42", "serial=042"},
        Change{"serial=42", "serial=0x2a"}, Change{"serial=42", "serial=9223372036854775808"},
        Change{"serial=42", "serial="}, Change{"serial=42", "serial=42 serial=43"},
        Change{"03:04:05Z", "03:04:05+00:00"}, Change{"03:04:05Z", "03:04:05.5Z"},
        Change{"T03", "t03"}, Change{"T03", " 03"}, Change{"2026-01-02", "2026-02-30"},
        Change{"2026-01-02", "1969-12-31"}, Change{"03:04:05", "24:00:00"},
        Change{"03:04:05", "03:04:60"}, Change{"libc.so.6,", "libc.so.6,,"},
        Change{"libc.so.6,", "../libc.so.6,"}, Change{"libc.so.6,", "librdkafka.so.1,"},
        Change{"needed=libc.so.6,librdkafka.so.1", "needed="},
        Change{"librdkafka.so.1", "librdkafka.so.1 "}, Change{"librdkafka.so.1", "a b=c"}));

TEST(Statement, ThatIsWrongSaysWhere) {
  EXPECT_THAT(errors_of(parse_statement("timestamp:1\tfile:x")),
              HasSubstr("does not begin with penstock1"));
  EXPECT_THAT(errors_of(parse_statement("")), HasSubstr("does not begin with penstock1"));
  EXPECT_THAT(errors_of(parse_statement("penstock1")), HasSubstr("lacks id="));
  EXPECT_THAT(errors_of(parse_statement(testing::replaced(good, "42", "x"))),
              HasSubstr("has a serial= that is not a number from 1"));
  EXPECT_THAT(errors_of(parse_statement(good + " more=1")), HasSubstr("8 parts, more than 7"));
}

TEST(Statement, ThatCannotBeReadIsNotWritten) {
  auto statement = *parse_statement(good);
  const auto fails = [&](auto change) {
    auto wrong = statement;
    change(wrong);
    return !format_statement(wrong).ok();
  };
  EXPECT_TRUE(fails([](Statement& s) { s.id = "kafka"; }));
  EXPECT_TRUE(fails([](Statement& s) { s.id = "org.a id=org.b"; }));
  EXPECT_TRUE(fails([](Statement& s) { s.version = "1.2.3 serial=9"; }));
  EXPECT_TRUE(fails([](Statement& s) { s.serial = 0; }));
  EXPECT_TRUE(fails([](Statement& s) { s.arch = "x86 64"; }));
  EXPECT_TRUE(fails([](Statement& s) { s.needed->emplace_back("a,b"); }));
  EXPECT_TRUE(fails([](Statement& s) { s.needed->clear(); }));
  EXPECT_FALSE(fails([](Statement& s) { s.needed.reset(); }));
}

// ---- versions

TEST(Version, OrderIsThatOfTheStandard) {
  const std::vector<std::string_view> ascending = {
      "0.0.1",      "0.1.0",        "1.0.0-alpha",   "1.0.0-alpha.1", "1.0.0-alpha.beta",
      "1.0.0-beta", "1.0.0-beta.2", "1.0.0-beta.11", "1.0.0-rc.1",    "1.0.0",
      "1.0.1",      "1.9.0",        "1.10.0",        "2.0.0-0",       "2.0.0"};
  for (std::size_t i = 0; i < ascending.size(); ++i) {
    for (std::size_t j = 0; j < ascending.size(); ++j) {
      const auto a = Version::parse(ascending[i]);
      const auto b = Version::parse(ascending[j]);
      ASSERT_TRUE(a && b) << ascending[i] << ' ' << ascending[j];
      EXPECT_EQ(*a <=> *b, std::weak_ordering(i <=> j)) << ascending[i] << ' ' << ascending[j];
    }
  }
  EXPECT_EQ(*Version::parse("1.0.0+a"), *Version::parse("1.0.0+b"));
}

TEST(Version, IsSemantic) {
  for (const char* text : {"1.0.0-0a", "1.0.0-x-y.z", "1.0.0+001", "1.0.0-a+b.c", "1.0.0--"}) {
    EXPECT_TRUE(Version::parse(text)) << text;
  }
  for (const char* text : {"", "1", "1.0", "1.0.0-", "1.0.0+", "1.0.0-01", "1.0.0-a..b", "1.0.0 ",
                           "1.0.x", "18446744073709551616.0.0", "1.0.0-a_b", "-1.0.0"}) {
    EXPECT_FALSE(Version::parse(text)) << text;
  }
  EXPECT_FALSE(Version::parse("1.0.0-" + std::string(128, 'a')));
}

// ---- ids

TEST(PluginId, IsTwoWordsOrMore) {
  for (const char* text : {"a.b", "org.example.kafka", "org.example-2.x", "0.1"}) {
    EXPECT_TRUE(is_plugin_id(text)) << text;
  }
  for (const char* text : {"", "a", ".", "a.", ".a", "a..b", "a.B", "a.b/c", "a.-b", "a.b-",
                           "a.b c", "a.*", "..", "a.b\n"}) {
    EXPECT_FALSE(is_plugin_id(text)) << text;
  }
  EXPECT_FALSE(is_plugin_id("a." + std::string(200, 'b')));
}

TEST(IdPattern, MatchesWhatItNames) {
  const auto matches = [](std::string_view pattern, std::string_view id) {
    return IdPattern::parse(pattern).value().matches(id);
  };
  EXPECT_TRUE(matches("org.example.kafka", "org.example.kafka"));
  EXPECT_FALSE(matches("org.example.kafka", "org.example.kafka2"));
  EXPECT_FALSE(matches("org.example.kafka", "org.example.kafka.x"));
  EXPECT_TRUE(matches("org.example.*", "org.example.kafka"));
  EXPECT_TRUE(matches("org.example.*", "org.example.kafka.x"));
  EXPECT_FALSE(matches("org.example.*", "org.example"));
  EXPECT_FALSE(matches("org.example.*", "org.examples.kafka"));
  EXPECT_FALSE(matches("org.example.*", "org.example."));
  EXPECT_FALSE(matches("org.example.*", "org.example.*"));
  EXPECT_TRUE(matches("org.*", "org.example"));
  EXPECT_TRUE(matches("*", "org.example"));
  EXPECT_FALSE(matches("*", "no id"));
}

TEST(IdPattern, TheStarStandsForTheEndAlone) {
  for (const char* text : {"", "**", "org*", "org.ex*", "*.kafka", "org.*.kafka", ".*", "org",
                           "Org.*", "org.example.?"}) {
    EXPECT_FALSE(IdPattern::parse(text)) << text;
  }
}

TEST(Utc, ComesBack) {
  for (const char* text :
       {"1970-01-01T00:00:00Z", "2024-02-29T23:59:59Z", "9999-12-31T23:59:59Z"}) {
    EXPECT_EQ(format_utc(testing::at(text)), text);
  }
  EXPECT_EQ(testing::at("2026-01-02T03:04:05Z").time_since_epoch().count(), 1'767'323'045);
}

}  // namespace
}  // namespace penstock::signing
