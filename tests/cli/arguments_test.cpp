// SPDX-License-Identifier: Apache-2.0
#include "cli/arguments.hpp"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace penstock::cli {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

Arguments parse(std::vector<const char*> words) {
  words.insert(words.begin(), "penstock");
  return parse_arguments(static_cast<int>(words.size()), words.data());
}

RunArguments parse_run(std::vector<const char*> words) {
  words.insert(words.begin(), "run");
  const Arguments arguments = parse(words);
  const auto* const run = std::get_if<RunArguments>(&arguments);
  if (run != nullptr) return *run;
  ADD_FAILURE() << std::get<Answer>(arguments).text;
  return {};
}

Answer answer(const std::vector<const char*>& words) {
  const Arguments arguments = parse(words);
  const auto* const found = std::get_if<Answer>(&arguments);
  if (found != nullptr) return *found;
  ADD_FAILURE() << "no answer";
  return {};
}

std::string usage_error(const std::vector<const char*>& words) {
  const Answer found = answer(words);
  EXPECT_EQ(found.exit_code, exit_usage);
  return found.text;
}

TEST(Arguments, RunNeedsOnlyAConfiguration) {
  const RunArguments run = parse_run({"-c", "a.yml"});
  EXPECT_EQ(run.config, "a.yml");
  EXPECT_TRUE(run.inputs.empty());
  EXPECT_EQ(run.format, InputFormat::automatic);
  EXPECT_EQ(run.report, "");
  EXPECT_EQ(run.stop_timeout, 10s);
  EXPECT_FALSE(run.quiet);
}

TEST(Arguments, RunTakesThemAll) {
  const RunArguments run = parse_run({"--config=a.yml", "--input", "x.log", "y.log", "--input", "-",
                                      "--format", "ndjson", "--report", "r.json", "--stop-timeout",
                                      "250ms", "--progress", "always", "--quiet"});
  EXPECT_THAT(run.inputs, ElementsAre("x.log", "y.log", "-"));
  EXPECT_EQ(run.format, InputFormat::ndjson);
  EXPECT_EQ(run.report, "r.json");
  EXPECT_EQ(run.stop_timeout, 250ms);
  EXPECT_EQ(run.progress, ShowProgress::always);
  EXPECT_TRUE(run.quiet);
  EXPECT_EQ(parse_run({"-c", "a", "--stop-timeout", "3"}).stop_timeout, 3s);
  EXPECT_EQ(parse_run({"-c", "a", "--stop-timeout", "0"}).stop_timeout, 0s);
}

TEST(Arguments, CheckNeedsAConfiguration) {
  const Arguments arguments = parse({"check", "-c", "a.yml"});
  ASSERT_TRUE(std::holds_alternative<CheckArguments>(arguments));
  EXPECT_EQ(std::get<CheckArguments>(arguments).config, "a.yml");
  EXPECT_THAT(usage_error({"check"}), HasSubstr("--config FILE"));
}

TEST(Arguments, HelpAndVersionGoToStandardOutput) {
  EXPECT_EQ(answer({"--version"}).text, "penstock 0.1.0\n");
  EXPECT_EQ(answer({"--version"}).exit_code, 0);
  EXPECT_THAT(answer({"--help"}).text, HasSubstr("check"));
  EXPECT_EQ(answer({"--help"}).exit_code, 0);
  EXPECT_THAT(answer({"run", "--help"}).text, HasSubstr("--stop-timeout"));
  EXPECT_THAT(answer({"run", "--help"}).text, HasSubstr("penstock run [OPTIONS]"));
  EXPECT_THAT(answer({"check", "-h"}).text, HasSubstr("opens nothing"));
}

TEST(Arguments, WrongUsageNamesTheWayOut) {
  EXPECT_THAT(usage_error({}), HasSubstr("Subcommands:"));
  EXPECT_THAT(usage_error({"runn"}), HasSubstr("unknown command 'runn'; did you mean 'run'?"));
  EXPECT_THAT(usage_error({"chekc", "-c", "x"}), HasSubstr("did you mean 'check'?"));
  EXPECT_THAT(usage_error({"run", "--fromat", "text"}),
              HasSubstr("unknown option '--fromat'; did you mean '--format'?"));
  EXPECT_THAT(usage_error({"run", "--inptu=a"}), HasSubstr("did you mean '--input'?"));
  EXPECT_THAT(usage_error({"run", "a.log"}), HasSubstr("with --input"));
  EXPECT_THAT(usage_error({"run"}), HasSubstr("--config FILE"));
  EXPECT_THAT(usage_error({"run", "-c"}), HasSubstr("penstock run --help"));
}

TEST(Arguments, WrongValuesAreNamed) {
  EXPECT_THAT(usage_error({"run", "-c", "x", "--format", "ndjsn"}),
              HasSubstr("--format must be one of auto, ndjson, text, not 'ndjsn'; did you mean "
                        "'ndjson'?"));
  EXPECT_THAT(usage_error({"run", "-c", "x", "--stop-timeout", "soon"}), HasSubstr("'soon'"));
  EXPECT_THAT(usage_error({"run", "-c", "x", "--stop-timeout", "-1"}), HasSubstr("'-1'"));
  EXPECT_THAT(usage_error({"run", "-c", "x", "--stop-timeout", "9999d"}), HasSubstr("'9999d'"));
  EXPECT_THAT(usage_error({"run", "-c", "x", "-c", "y"}), HasSubstr("--config is given 2 times"));
  EXPECT_THAT(usage_error({"run", "-c", "x", "--input", "-", "-"}), HasSubstr("more than once"));
}

}  // namespace
}  // namespace penstock::cli
