// SPDX-License-Identifier: Apache-2.0
#include "penstock/level.hpp"

#include <string>

#include <gtest/gtest.h>

namespace penstock {
namespace {

TEST(Level, NamesAndLevelsAreOneToOne) {
  for (int i = 0; i < level_count; ++i) {
    const auto level = static_cast<Level>(i);
    EXPECT_EQ(parse_level(level_name(level)), level);
  }
  EXPECT_EQ(level_name(Level::trace), "TRACE");
  EXPECT_EQ(level_name(Level::critical), "CRITICAL");
}

TEST(Level, IsReadInAnyCase) {
  EXPECT_EQ(parse_level("info"), Level::info);
  EXPECT_EQ(parse_level("Warning"), Level::warning);
  EXPECT_EQ(parse_level("warn"), Level::warning);
  EXPECT_EQ(parse_level("FATAL"), Level::critical);
}

TEST(Level, OtherWordsAreNone) {
  for (const std::string_view word : {"", "INF", "INFOO", "5", " INFO", "İNFO"}) {
    EXPECT_EQ(parse_level(word), std::nullopt) << word;
  }
}

}  // namespace
}  // namespace penstock
