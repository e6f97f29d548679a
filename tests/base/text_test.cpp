// SPDX-License-Identifier: Apache-2.0
#include "base/text.hpp"

#include <string>

#include <gtest/gtest.h>

namespace penstock::base {
namespace {

constexpr std::string_view words[] = {"level", "linger", "max_bytes", "max_events", "type"};

TEST(EditDistance, CountsEditsAndSwapsAsOne) {
  EXPECT_EQ(edit_distance("", ""), 0U);
  EXPECT_EQ(edit_distance("", "abc"), 3U);
  EXPECT_EQ(edit_distance("level", "LEVEL"), 0U);
  EXPECT_EQ(edit_distance("level", "lvel"), 1U);
  EXPECT_EQ(edit_distance("level", "elvel"), 1U);
  EXPECT_EQ(edit_distance("kitten", "sitting"), 3U);
}

TEST(NearestWord, FindsASlipOfTheFinger) {
  EXPECT_EQ(nearest_word("lvel", words), "level");
  EXPECT_EQ(nearest_word("max_byte", words), "max_bytes");
  EXPECT_EQ(nearest_word("max-events", words), "max_events");
  EXPECT_EQ(nearest_word("tpye", words), "type");
}

TEST(NearestWord, DoesNotCareForCase) { EXPECT_EQ(nearest_word("LEVEL", words), "level"); }

TEST(NearestWord, FindsNothingThatIsFarOff) {
  EXPECT_EQ(nearest_word("colour", words), "");
  EXPECT_EQ(nearest_word("", words), "");
  EXPECT_EQ(nearest_word("x", words), "");
  EXPECT_EQ(nearest_word(std::string(100'000, 'l'), words), "");
}

TEST(NearestWord, FindsNothingAmongNothing) { EXPECT_EQ(nearest_word("level", {}), ""); }

}  // namespace
}  // namespace penstock::base
