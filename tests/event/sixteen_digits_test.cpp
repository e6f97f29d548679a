// SPDX-License-Identifier: Apache-2.0
#include "event/sixteen_digits.hpp"

#include <string>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "event/random.hpp"

namespace penstock::event {
namespace {

TEST(SixteenDigits, EqualFmtWithAndWithoutAPoint) {
  Random random;
  for (int i = 0; i < rounds(50000); ++i) {
    const std::uint64_t value = random.u64() % ten_to_16;
    const std::string expected = fmt::format("{:016}", value);
    const SixteenDigits digits(value);
    char room[40];
    digits.put(room);
    ASSERT_EQ(std::string(room, 16), expected);
    const std::size_t point = random.below(16) + 1;
    digits.put_with_point(room, static_cast<std::int64_t>(point) - 1);
    ASSERT_EQ(std::string(room, 17), expected.substr(0, point) + '.' + expected.substr(point));
    for (std::size_t at = 0; at < 16; ++at) {
      ASSERT_EQ((digits.nonzero() >> at & 1) != 0, expected[at] != '0');
    }
  }
}

// Each half of 8 digits, quarter of 4 and so on is split in the same way.
TEST(SixteenDigits, EveryQuarterIsExact) {
  for (std::uint64_t quarter = 0; quarter < 10'000; ++quarter) {
    char room[16];
    SixteenDigits(quarter * 1'0000'0000'0001 + (9'999 - quarter) * 1'0000'0000).put(room);
    ASSERT_EQ(std::string(room, 16),
              fmt::format("{:04}{:04}0000{:04}", quarter, 9'999 - quarter, quarter));
  }
}

}  // namespace
}  // namespace penstock::event
