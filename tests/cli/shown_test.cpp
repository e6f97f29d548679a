// SPDX-License-Identifier: Apache-2.0
#include "cli/shown.hpp"

#include <gtest/gtest.h>

#include "cli/arguments.hpp"

namespace penstock::cli {
namespace {

TEST(Shown, IsOneLineWithoutControlCharacters) {
  EXPECT_EQ(shown("plain é text"), "plain é text");
  EXPECT_EQ(shown("a\x1b[31m\nb\x7f"), "a\\x1b[31m\\nb\\x7f");
  EXPECT_EQ(shown("a\x9b").find('\x9b'), std::string::npos);
  EXPECT_EQ(shown("a\xc2\x9b").find("\xc2\x9b"), std::string::npos);
}

TEST(Shown, IsCutBetweenCharacters) {
  EXPECT_EQ(shown("abcdef", 6), "abcdef");
  EXPECT_EQ(shown("abcdef", 3), "abc...");
  EXPECT_EQ(shown("abéf", 3), "ab...");
}

TEST(Shown, WordsOfTheCommandLineAreShownSo) {
  const char* const words[] = {"penstock", "run", "\x1b[31mnope"};
  const Arguments arguments = parse_arguments(3, words);
  const Answer& answer = std::get<Answer>(arguments);
  EXPECT_EQ(answer.exit_code, exit_usage);
  EXPECT_EQ(answer.text.find('\x1b'), std::string::npos);
  EXPECT_NE(answer.text.find("'\\x1b[31mnope'"), std::string::npos) << answer.text;
}

}  // namespace
}  // namespace penstock::cli
