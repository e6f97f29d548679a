// SPDX-License-Identifier: Apache-2.0
#include "penstock/result.hpp"

#include <memory>
#include <string>
#include <type_traits>

#include <gtest/gtest.h>

namespace penstock {
namespace {

TEST(Error, SaysWhereAsFarAsItIsKnown) {
  EXPECT_EQ((Error{.message = "m"}).to_string(), "m");
  EXPECT_EQ((Error{.message = "m", .file = "f.yml"}).to_string(), "f.yml: m");
  EXPECT_EQ((Error{.message = "m", .file = "f.yml", .line = 3}).to_string(), "f.yml:3: m");
  EXPECT_EQ((Error{.message = "m", .file = "f.yml", .line = 3, .column = 7}).to_string(),
            "f.yml:3:7: m");
}

TEST(Error, ErrorsAreALineEach) {
  EXPECT_EQ(to_string(Errors{{.message = "a"}, {.message = "b"}}), "a\nb\n");
  EXPECT_EQ(to_string(Errors{}), "");
}

TEST(Result, HasAValueOrErrors) {
  Result<int> good = 5;
  EXPECT_TRUE(good.ok());
  EXPECT_EQ(*good, 5);
  EXPECT_TRUE(good.errors().empty());
  Result<int> bad = Error{.message = "no"};
  EXPECT_FALSE(bad);
  ASSERT_EQ(bad.errors().size(), 1u);
  EXPECT_EQ(bad.errors()[0].message, "no");
}

TEST(Result, GivesAwayItsValue) {
  Result<std::unique_ptr<int>> result = std::make_unique<int>(7);
  const std::unique_ptr<int> value = std::move(result).value();
  EXPECT_EQ(*value, 7);
}

TEST(Result, CanBeReadWhenItIsConst) {
  const Result<std::string> result = std::string("text");
  EXPECT_EQ(*result, "text");
  EXPECT_EQ(result.value(), "text");
  EXPECT_EQ(result->size(), 4u);
  static_assert(std::is_same_v<decltype(*result), const std::string&>);
}

TEST(ResultDeathTest, UsingAFailedConstResultEndsTheProgramToo) {
  ::testing::FLAGS_gtest_death_test_style = "threadsafe";
  const Result<std::string> bad = Error{.message = "the reason"};
  EXPECT_DEATH((void)bad->size(), "the reason");
}

TEST(ResultDeathTest, UsingAFailedResultEndsTheProgramWithItsErrors) {
  ::testing::FLAGS_gtest_death_test_style = "threadsafe";
  Result<int> bad = Error{.message = "the reason"};
  EXPECT_DEATH((void)bad.value(), "the reason");
}

TEST(Status, IsSuccessOrReasons) {
  EXPECT_TRUE(Status().ok());
  const Status bad = Status::failure("why");
  EXPECT_FALSE(bad);
  EXPECT_EQ(bad.errors().at(0).message, "why");
}

}  // namespace
}  // namespace penstock
