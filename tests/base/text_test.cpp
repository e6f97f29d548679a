// SPDX-License-Identifier: Apache-2.0
#include "base/text.hpp"

#include <string>

#include <gtest/gtest.h>

namespace penstock::base {
namespace {

constexpr std::string_view choices[] = {"max_bytes", "backup_count", "path", "level", "type"};

TEST(NearestWord, FindsWhatWasMeant) {
  EXPECT_EQ(nearest_word("max_byte", choices), "max_bytes");
  EXPECT_EQ(nearest_word("maxbytes", choices), "max_bytes");
  EXPECT_EQ(nearest_word("backup-count", choices), "backup_count");
  EXPECT_EQ(nearest_word("LEVEL", choices), "level");
  EXPECT_EQ(nearest_word("lvel", choices), "level");
}

TEST(NearestWord, FindsNothingWhereNothingIsNear) {
  EXPECT_EQ(nearest_word("queue", choices), "");
  EXPECT_EQ(nearest_word("", choices), "");
  EXPECT_EQ(nearest_word(std::string(100'000, 'l'), choices), "");
  EXPECT_EQ(nearest_word("level", {}), "");
}

}  // namespace
}  // namespace penstock::base
