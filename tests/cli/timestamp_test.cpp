// SPDX-License-Identifier: Apache-2.0
#include "cli/timestamp.hpp"

#include <cstdint>
#include <limits>
#include <optional>
#include <random>
#include <string>
#include <time.h>

#include <gtest/gtest.h>

#include "event/time_text.hpp"

namespace penstock::cli {
namespace {

constexpr std::int64_t second = 1'000'000'000;

TEST(Rfc3339, TakesOffsetsFractionsAndBothCases) {
  EXPECT_EQ(parse_rfc3339("1970-01-01T00:00:00Z"), 0);
  EXPECT_EQ(parse_rfc3339("2026-01-02T03:04:05Z"), 1'767'323'045 * second);
  EXPECT_EQ(parse_rfc3339("2026-01-02t03:04:05z"), 1'767'323'045 * second);
  EXPECT_EQ(parse_rfc3339("2026-01-02 03:04:05Z"), 1'767'323'045 * second);
  EXPECT_EQ(parse_rfc3339("2026-01-02T04:04:05+01:00"), 1'767'323'045 * second);
  EXPECT_EQ(parse_rfc3339("2026-01-01T21:34:05-0530"), 1'767'323'045 * second);
  EXPECT_EQ(parse_rfc3339("2026-01-02T03:04:05.5Z"), 1'767'323'045 * second + second / 2);
  EXPECT_EQ(parse_rfc3339("2026-01-02T03:04:05.1234567899Z"), 1'767'323'045 * second + 123'456'789);
}

TEST(Rfc3339, GoesBackBefore1970AndToTheEndsOfTheRange) {
  EXPECT_EQ(parse_rfc3339("1969-12-31T23:59:59.25Z"), -3 * second / 4);
  EXPECT_EQ(parse_rfc3339("1677-09-21T00:12:43.145224192Z"),
            std::numeric_limits<std::int64_t>::min());
  EXPECT_EQ(parse_rfc3339("2262-04-11T23:47:16.854775807Z"),
            std::numeric_limits<std::int64_t>::max());
  EXPECT_EQ(parse_rfc3339("1677-09-21T00:12:43.145224191Z"), std::nullopt);
  EXPECT_EQ(parse_rfc3339("2262-04-11T23:47:16.854775808Z"), std::nullopt);
  EXPECT_EQ(parse_rfc3339("9999-12-31T23:59:59Z"), std::nullopt);
}

TEST(Rfc3339, KnowsLeapDaysAndLeapSeconds) {
  EXPECT_NE(parse_rfc3339("2024-02-29T00:00:00Z"), std::nullopt);
  EXPECT_NE(parse_rfc3339("2000-02-29T00:00:00Z"), std::nullopt);
  EXPECT_EQ(parse_rfc3339("1900-02-29T00:00:00Z"), std::nullopt);
  EXPECT_EQ(parse_rfc3339("2023-02-29T00:00:00Z"), std::nullopt);
  EXPECT_EQ(parse_rfc3339("2016-12-31T23:59:60Z"), parse_rfc3339("2017-01-01T00:00:00Z"));
}

TEST(Rfc3339, RefusesWhatIsNoTime) {
  for (const std::string_view text :
       {"", "now", "2026-01-02", "2026-01-02T03:04:05", "2026-13-02T03:04:05Z",
        "2026-01-32T03:04:05Z", "2026-00-02T03:04:05Z", "2026-01-02T24:04:05Z",
        "2026-01-02T03:60:05Z", "2026-01-02T03:04:61Z", "2026-01-02T03:04:05.Z",
        "2026-01-02T03:04:05Zx", "2026-01-02T03:04:05+1:00", "2026-01-02T03:04:05+24:00",
        " 2026-01-02T03:04:05Z", "26-01-02T03:04:05Z", "2026/01/02T03:04:05Z"}) {
    EXPECT_EQ(parse_rfc3339(text), std::nullopt) << text;
  }
}

TEST(Rfc3339, ReadsBackWhatTheEncodersWrite) {
  std::mt19937_64 random(7);
  event::TimeText writer;
  for (int i = 0; i < 20'000; ++i) {
    // 1970 to 2262: what the encoders show in four digits of a year
    const auto time = static_cast<std::int64_t>(random() >> 1);
    char text[event::time_room];
    const char* const end = writer.put<9>(text, time);
    const std::string_view written(text, static_cast<std::size_t>(end - text));
    ASSERT_EQ(parse_rfc3339(written), time) << written;
  }
}

TEST(Epoch, GuessesTheUnitFromTheSize) {
  EXPECT_EQ(parse_epoch("1767323045"), 1'767'323'045 * second);
  EXPECT_EQ(parse_epoch("1767323045123"), 1'767'323'045'123'000'000);
  EXPECT_EQ(parse_epoch("1767323045123456"), 1'767'323'045'123'456'000);
  EXPECT_EQ(parse_epoch("1767323045123456789"), 1'767'323'045'123'456'789);
  EXPECT_EQ(parse_epoch("0"), 0);
  EXPECT_EQ(parse_epoch("-1"), -second);
}

TEST(Epoch, IsExactInTheFraction) {
  EXPECT_EQ(parse_epoch("1767323045.123456789"), 1'767'323'045'123'456'789);
  EXPECT_EQ(parse_epoch("1767323045123.5"), 1'767'323'045'123'500'000);
  EXPECT_EQ(parse_epoch("1767323045123456.75"), 1'767'323'045'123'456'750);
  EXPECT_EQ(parse_epoch("-0.25"), -second / 4);
}

TEST(Epoch, TakesExponents) {
  EXPECT_EQ(parse_epoch("1.5e3"), 1500 * second);
  EXPECT_EQ(parse_epoch("1.767323045E9"), 1'767'323'045 * second);
}

TEST(Epoch, RefusesWhatDoesNotFit) {
  for (const std::string_view text :
       {"9223372036854775808", "1e300", "-1e300", "", "x", "1.", "-", "99999999999999999999999"}) {
    EXPECT_EQ(parse_epoch(text), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace penstock::cli
