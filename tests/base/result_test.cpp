// SPDX-License-Identifier: Apache-2.0
#include "penstock/result.hpp"

#include <gtest/gtest.h>

namespace penstock {
namespace {

TEST(Error, SaysWhatIsKnownOfItsPlace) {
  EXPECT_EQ((Error{.message = "m"}.to_string()), "m");
  EXPECT_EQ((Error{.message = "m", .file = "f.yml"}.to_string()), "f.yml: m");
  EXPECT_EQ((Error{.message = "m", .file = "f.yml", .line = 3}.to_string()), "f.yml:3: m");
  EXPECT_EQ((Error{.message = "m", .file = "f.yml", .line = 3, .column = 7}.to_string()),
            "f.yml:3:7: m");
}

TEST(Errors, StandOnALineEach) {
  EXPECT_EQ(to_string(Errors{}), "");
  EXPECT_EQ(to_string(Errors{{.message = "a"}, {.message = "b"}}), "a\nb\n");
}

TEST(ResultDeathTest, TheValueOfAFailureAborts) {
  const Result<int> fine(5);
  EXPECT_TRUE(fine.ok());
  Result<int> failed(Error{.message = "no such thing"});
  EXPECT_FALSE(failed.ok());
  EXPECT_DEATH((void)failed.value(), "no such thing");
}

}  // namespace
}  // namespace penstock
