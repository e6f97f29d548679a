// SPDX-License-Identifier: Apache-2.0
#include "event/digits.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "event/random.hpp"

namespace penstock::event {
namespace {

template <class T>
std::string text_of(char* (*put)(char*, T), T value) {
  char room[64];
  return std::string(room, put(room, value));
}

TEST(Digits, EqualFmtAtEveryLength) {
  for (std::uint64_t power = 1; power <= 10'000'000'000'000'000'000u / 10; power *= 10) {
    for (const std::uint64_t value : {power - 1, power, power + 1, power * 9, power * 10 - 1}) {
      ASSERT_EQ(text_of<std::uint64_t>(put_u64, value), fmt::format("{}", value));
      const auto number = static_cast<std::int64_t>(value);
      ASSERT_EQ(text_of<std::int64_t>(put_i64, -number), fmt::format("{}", -number));
    }
  }
}

// The multiplications that stand for divisions are exact for all numbers that they are used for.
TEST(Digits, EveryNumberOfEightDigitsIsExact) {
  const std::uint64_t step = rounds(1) > 1 ? 1 : 7;
  for (std::uint64_t value = 0; value < ten_to_8; value += value < 1'000'000 ? 1 : step) {
    char room[16];
    char* const end = put_below_8(room, value);
    std::uint64_t read = 0;
    for (const char* at = room; at != end; ++at)
      read = read * 10 + static_cast<unsigned>(*at - '0');
    ASSERT_EQ(read, value);
    ASSERT_TRUE(room[0] != '0' || value == 0);
    put_8(room, value);
    for (int i = 7; i >= 0; --i, read /= 10) ASSERT_EQ(room[i], static_cast<char>('0' + read % 10));
    if (value < 1'000'000) {
      put_6(room, value);
      read = value;
      for (int i = 5; i >= 0; --i, read /= 10) {
        ASSERT_EQ(room[i], static_cast<char>('0' + read % 10));
      }
    }
  }
}

TEST(Digits, RandomIntegersEqualFmt) {
  Random random;
  for (int i = 0; i < rounds(20000); ++i) {
    const std::uint64_t u64 = random.u64();
    const std::int64_t i64 = random.i64();
    ASSERT_EQ(text_of<std::uint64_t>(put_u64, u64), fmt::format("{}", u64));
    ASSERT_EQ(text_of<std::int64_t>(put_i64, i64), fmt::format("{}", i64));
    ASSERT_EQ(text_of<std::uint64_t>(put_pointer, u64), fmt::format("{:#x}", u64));
  }
}

}  // namespace
}  // namespace penstock::event
