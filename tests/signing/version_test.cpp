// SPDX-License-Identifier: Apache-2.0
#include "signing/version.hpp"

#include <cstddef>
#include <iterator>
#include <string_view>

#include <gtest/gtest.h>

namespace penstock::signing {
namespace {

int order(std::string_view a, std::string_view b) {
  const auto result = *Version::parse(a) <=> *Version::parse(b);
  return result < 0 ? -1 : result > 0 ? 1 : 0;
}

TEST(Version, ReadsSemanticVersionsAndNothingElse) {
  for (const std::string_view text :
       {"0.0.0", "1.2.3", "10.20.30", "1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-0.3.7", "1.0.0--",
        "1.0.0+20130313144700", "1.0.0-beta+exp.sha.5114f85", "1.0.0+21AF26D3---117B344092BD",
        "18446744073709551615.0.0", "1.0.0+007"}) {
    const auto version = Version::parse(text);
    ASSERT_TRUE(version) << text;
    EXPECT_EQ(version->text(), text);
  }
  for (const std::string_view text :
       {"", "1", "1.2", "1.2.3.4", "01.2.3", "1.02.3", "1.2.3-", "1.2.3+", "1.2.3-01", "1.2.3-a..b",
        "v1.2.3", " 1.2.3", "1.2.3 ", "1.2.x", "-1.2.3", "1..3", "1.2.3-\xC3\xA4", "1.2.3+a_b",
        "18446744073709551616.0.0"}) {
    EXPECT_FALSE(Version::parse(text)) << text;
  }
}

TEST(Version, ComparesByTheRules) {
  const std::string_view ascending[] = {
      "0.9.9",        "1.0.0-1",       "1.0.0-2",          "1.0.0-10",
      "1.0.0-alpha",  "1.0.0-alpha.1", "1.0.0-alpha.beta", "1.0.0-beta",
      "1.0.0-beta.2", "1.0.0-beta.11", "1.0.0-rc.1",       "1.0.0",
      "1.0.1",        "1.2.0",         "1.10.0",           "2.0.0"};
  for (std::size_t i = 0; i < std::size(ascending); ++i) {
    for (std::size_t j = 0; j < std::size(ascending); ++j) {
      EXPECT_EQ(order(ascending[i], ascending[j]), i < j   ? -1
                                                   : i > j ? 1
                                                           : 0)
          << ascending[i] << " and " << ascending[j];
    }
  }
  EXPECT_EQ(order("1.0.0+a", "1.0.0+b"), 0);
}

TEST(Version, IsZeroUntilItIsSet) {
  EXPECT_EQ(Version().text(), "0.0.0");
  EXPECT_EQ(Version(), *Version::parse("0.0.0"));
}

}  // namespace
}  // namespace penstock::signing
