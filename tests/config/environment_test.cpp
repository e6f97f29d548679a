// SPDX-License-Identifier: Apache-2.0
#include "config/environment.hpp"

#include <cstdlib>

#include <gtest/gtest.h>

#include "config_support.hpp"

namespace penstock::config {
namespace {

std::string substituted(std::string_view text) {
  const Substituted result = substitute(text, test_environment, 1'000'000);
  EXPECT_TRUE(result.problems.empty()) << result.problems.front();
  return result.text;
}

std::size_t problems(std::string_view text) {
  return substitute(text, test_environment, 1'000'000).problems.size();
}

TEST(Environment, PutsVariablesIn) {
  EXPECT_EQ(substituted("${LEVEL}"), "INFO");
  EXPECT_EQ(substituted("a${LEVEL}b${PORT}c"), "aINFOb8080c");
  EXPECT_EQ(substituted("${EMPTY}"), "");
}

TEST(Environment, UsesTheDefaultWhenAVariableIsNotSetOrEmpty) {
  EXPECT_EQ(substituted("${NOT_SET:-x y}"), "x y");
  EXPECT_EQ(substituted("${EMPTY:-x}"), "x");
  EXPECT_EQ(substituted("${LEVEL:-x}"), "INFO");
  EXPECT_EQ(substituted("${NOT_SET:-}"), "");
}

TEST(Environment, LeavesAllOtherDollarsAlone) {
  EXPECT_EQ(substituted("$LEVEL $ $$ {LEVEL} $(LEVEL) 5$"), "$LEVEL $ $$ {LEVEL} $(LEVEL) 5$");
  EXPECT_EQ(substituted("$${LEVEL}"), "${LEVEL}");
  EXPECT_EQ(substituted("$$${LEVEL}"), "$${LEVEL}");
  EXPECT_EQ(substituted("$${${LEVEL}}"), "${INFO}");
}

TEST(Environment, ReportsEveryProblemOfAText) {
  EXPECT_EQ(problems("${NOT_SET} ${ALSO_NOT}"), 2U);
  EXPECT_EQ(problems("${}"), 1U);
  EXPECT_EQ(problems("${1A}"), 1U);
  EXPECT_EQ(problems("${A-B}"), 1U);
  EXPECT_EQ(problems("${:-x}"), 1U);
  EXPECT_EQ(problems("${LEVEL"), 1U);
  EXPECT_EQ(problems("${BROKEN}"), 1U);
}

TEST(Environment, StopsWhenTheTextBecomesTooLong) {
  std::string text;
  for (int i = 0; i < 10'000; ++i) text += "${LONG}";
  const Substituted result = substitute(text, test_environment, 1'000'000);
  EXPECT_EQ(result.problems.size(), 1U);
  EXPECT_LT(result.text.size(), 1'200'000U);
}

TEST(Environment, IsThatOfTheProcessByDefault) {
  ASSERT_EQ(::setenv("PENSTOCK_CONFIG_TEST", "here", 1), 0);
  EXPECT_EQ(process_environment("PENSTOCK_CONFIG_TEST"), "here");
  ASSERT_EQ(::unsetenv("PENSTOCK_CONFIG_TEST"), 0);
  EXPECT_EQ(process_environment("PENSTOCK_CONFIG_TEST"), std::nullopt);
}

}  // namespace
}  // namespace penstock::config
