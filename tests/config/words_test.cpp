// SPDX-License-Identifier: Apache-2.0
#include "config/words.hpp"

#include <array>

#include <gtest/gtest.h>

namespace penstock::config {
namespace {

constexpr std::array<std::string_view, 5> words = {"level", "levels", "format", "queue", "url"};

TEST(Words, SuggestOnlyWhatIsNear) {
  EXPECT_EQ(did_you_mean("lvel", words), " (did you mean 'level'?)");
  EXPECT_EQ(did_you_mean("zebra", words), "");
}

TEST(Words, EscapeWhatCouldForgeALine) {
  EXPECT_EQ(one_line("a\n2:1: b\r\t\x7f \xC3\xA9"), "a\\n2:1: b\\x0d\\x09\\x7f \xC3\xA9");
}

TEST(Words, QuoteOnOneLineAndCutWhatIsLong) {
  EXPECT_EQ(in_quotes("a\nb\x1b[31m"), "'a\\nb\\x1b[31m'");
  EXPECT_EQ(in_quotes(std::string(100, 'x')), "'" + std::string(60, 'x') + "...'");
  EXPECT_EQ(in_quotes(std::string(59, 'x') + "\xC3\xA9y"), "'" + std::string(59, 'x') + "...'");
}

}  // namespace
}  // namespace penstock::config
