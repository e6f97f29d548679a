// SPDX-License-Identifier: Apache-2.0
// Files made to cost much time or memory are refused at once.
#include <ctime>
#include <string>

#include <gtest/gtest.h>

#include "config/report.hpp"
#include "config/source.hpp"
#include "config_support.hpp"

namespace penstock::config {
namespace {

// Milliseconds of this process's CPU, with much room for sanitizers: they take 10 to 80.
constexpr double cpu_ms_max = 1500;

std::string repeated(std::string_view text, std::size_t bytes) {
  std::string result;
  while (result.size() + text.size() <= bytes) result += text;
  return result;
}

// The first error.
std::string refusal_of(const std::string& yaml) {
  const std::clock_t start = std::clock();
  const Errors errors = load(yaml).errors();
  const double ms = 1000.0 * static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
  EXPECT_LT(ms, cpu_ms_max) << yaml.substr(0, 60);
  EXPECT_LE(errors.size(), Report::errors_max + 1);
  return errors.empty() ? "" : text_of({errors.front()});
}

TEST(Hostile, DeepNestingIsRefused) {
  EXPECT_EQ(refusal_of(repeated("[", 33) + repeated("]", 33)),
            "1:33: values are nested more than 32 levels deep");
  EXPECT_EQ(refusal_of(repeated("- ", 1'000'000)),
            "1:65: values are nested more than 32 levels deep");
  std::string indented;
  for (std::size_t i = 0; indented.size() < 900'000; ++i) indented += std::string(i, ' ') + "a:\n";
  EXPECT_EQ(refusal_of(indented), "33:33: values are nested more than 32 levels deep");
}

TEST(Hostile, NestingThroughAliasesIsRefused) {
  std::string yaml = "a0: &a0 [x]\n";
  for (int i = 1; i < 5000; ++i) yaml += fmt::format("a{0}: &a{0} [*a{1}]\n", i, i - 1);
  EXPECT_EQ(refusal_of(yaml), "32:12: values are nested more than 32 levels deep");
}

TEST(Hostile, AliasesThatMultiplyAreRefused) {
  std::string yaml = "logging:\n  a: &a [x,x,x,x,x,x,x,x,x,x]\n";
  for (char c = 'b'; c < 'k'; ++c) {
    const std::string alias = fmt::format("*{},", static_cast<char>(c - 1));
    yaml += fmt::format("  {0}: &{0} [{1}]\n", c, repeated(alias, 30));
  }
  EXPECT_EQ(refusal_of(yaml), "6:31: there are more than 100000 values, aliases counted");
}

TEST(Hostile, LongTextThatIsRepeatedByAliasesIsRefused) {
  const std::string yaml =
      "a: &a " + std::string(500'000, 'x') + "\nb: [" + repeated("*a,", 30'000) + "]\n";
  EXPECT_EQ(refusal_of(yaml),
            "2:26: there is more than 4MiB of text, aliases and variables counted");
}

TEST(Hostile, LongVariablesThatAreRepeatedAreRefused) {
  const std::string yaml = "a: [" + repeated("\"${LONG}${LONG}${LONG}\",", 20'000) + "]\n";
  EXPECT_EQ(refusal_of(yaml),
            "1:317: there is more than 4MiB of text, aliases and variables counted");
}

TEST(Hostile, ManyValuesAreRefused) {
  EXPECT_EQ(refusal_of(repeated("-\n", 1'000'000)),
            "100000:1: there are more than 100000 values, aliases counted");
}

TEST(Hostile, ManyMarksOfStructureAreRefused) {
  for (const char* text : {"[", "{", "[{", "[a,", "{a: ", "[? ", "[: ", "&a [", "!t {", "\"\"",
                           "''", "? ", "[],", "*a ", "k: v\n"}) {
    EXPECT_NE(refusal_of(repeated(text, 1'000'000)).find("there are more than 100000 of the "),
              std::string::npos)
        << text;
  }
}

TEST(Hostile, LongTextIsReadInLinearTime) {
  EXPECT_EQ(refusal_of(repeated("x", 1'000'000)),
            "1:1: the file must be a mapping with the key 'logging'");
  EXPECT_EQ(refusal_of(repeated("#\n", 1'000'000)), "1:1: the configuration is empty");
  EXPECT_EQ(refusal_of("a: \"" + repeated("\n", 1'000'000)),
            "1000001:1: a quoted text is not closed");
  EXPECT_NE(refusal_of("a: |\n" + repeated(" x\n", 1'000'000)), "");
}

TEST(Hostile, ManyErrorsAreCutShort) {
  std::string keys = "logging:\n";
  for (int i = 0; i < 40'000; ++i) keys += fmt::format("  key_number_{}: 1\n", i);
  const Errors errors = load(keys).errors();
  ASSERT_EQ(errors.size(), Report::errors_max + 1);
  EXPECT_EQ(errors.back().message, "there are more than 100 errors; only these are shown");
  EXPECT_EQ(refusal_of(keys).substr(0, 40), "2:3: unknown key 'key_number_0' in 'logg");
}

TEST(Hostile, ManyBadDestinationsAreCutShort) {
  std::string yaml = "logging:\n  sinks:\n";
  for (int i = 0; i < 4000; ++i) yaml += fmt::format("  - {{name: sink_{}, type: null}}\n", i);
  yaml += "triggers:\n- {event: e, details: {destinations: [";
  for (int i = 0; i < 8000; ++i) yaml += fmt::format("snik_{},", i);
  EXPECT_NE(refusal_of(yaml + "]}}\n"), "");
}

TEST(Hostile, AFileOverTheLimitIsRefused) {
  EXPECT_EQ(refusal_of(std::string(source_bytes_max + 1, ' ')),
            "is larger than 1MiB, the most that is read");
}

TEST(Hostile, ALargeButHonestFileIsFine) {
  std::string yaml = "logging:\n  sinks:\n";
  for (int i = 0; i < 60; ++i) {
    yaml += fmt::format(
        "  - name: sink_{0}\n    type: file\n    path: logs/{0}.log\n"
        "    queue: {{max_bytes: 1MiB, reserve: 10%}}\n",
        i);
  }
  yaml += "triggers:\n";
  for (int i = 0; i < 4000; ++i) {
    yaml += fmt::format("  - {{event: e{0}, details: {{message: m, destinations: [sink_{1}]}}}}\n",
                        i, i % 60);
  }
  EXPECT_EQ(refusal_of(yaml), "");
}

TEST(Hostile, ThousandsOfPathsAreNotAllCompared) {
  std::string yaml = "logging:\n  sinks:\n";
  for (int i = 0; i < 10'000; ++i) {
    yaml += fmt::format("  - {{name: s{0}, type: file, path: l/{0}.log}}\n", i);
  }
  EXPECT_EQ(refusal_of(yaml), "2:3: 10000 sinks are more than the 60 that one pipeline can have");
}

}  // namespace
}  // namespace penstock::config
