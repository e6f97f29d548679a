// SPDX-License-Identifier: Apache-2.0
#include "event/floats.hpp"

#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <limits>
#include <string>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "event/random.hpp"

namespace penstock::event {
namespace {

template <class T>
std::string float_text(char* (*put)(char*, T), T value) {
  char room[float_room];
  return std::string(room, put(room, value));
}

void equals_fmt(double value) {
  ASSERT_EQ(float_text<double>(put_double, value), fmt::format("{}", value));
  ASSERT_EQ(float_text<double>(put_double, -value), fmt::format("{}", -value));
}
void equals_fmt(float value) {
  ASSERT_EQ(float_text<float>(put_float, value), fmt::format("{}", value));
}

template <class T>
void neighbours_equal_fmt(T value) {
  equals_fmt(value);
  equals_fmt(std::nextafter(value, T{0}));
  equals_fmt(std::nextafter(value, std::numeric_limits<T>::infinity()));
}

TEST(Floats, EqualFmt) {
  Random random;
  for (int i = 0; i < rounds(50000); ++i) {
    const double value = random.f64();
    equals_fmt(value);
    equals_fmt(static_cast<float>(value));
  }
}

// Decimals of every length.
TEST(Floats, DecimalsEqualFmt) {
  Random random;
  for (int i = 0; i < rounds(50000); ++i) {
    double value = static_cast<double>(random.u64() >> 11);
    for (std::size_t n = random.below(20); n > 0; --n) value /= 10;
    neighbours_equal_fmt(value);
  }
}

// Some are short, some have 17 digits.
TEST(Floats, MultiplesOfADecimalEqualFmt) {
  Random random;
  const auto first = static_cast<double>(random.below(4'000'000));
  for (int i = 0; i < rounds(50000); ++i) {
    const double k = first + i;
    for (const double decimal : {1.1, 0.1, 0.01, 0.001, 1.0 / 3}) equals_fmt(decimal * k);
    equals_fmt(k / 100);
  }
}

// The distance to the neighbours changes there.
TEST(Floats, PowersOfTwoEqualFmt) {
  for (int exponent = -1074; exponent <= 1023; ++exponent) {
    neighbours_equal_fmt(std::ldexp(1.0, exponent));
    for (int bit = 1; bit <= 52; ++bit) {
      equals_fmt(std::ldexp(1 + std::ldexp(1.0, -bit), exponent));
      equals_fmt(std::ldexp(2 - std::ldexp(1.0, -bit), exponent));
    }
  }
  for (int exponent = -149; exponent <= 127; ++exponent) {
    neighbours_equal_fmt(std::ldexp(1.0f, exponent));
  }
}

TEST(Floats, PowersOfTenEqualFmt) {
  for (int exponent = -324; exponent <= 308; ++exponent) {
    const double power = std::strtod(fmt::format("1e{}", exponent).c_str(), nullptr);
    for (int digit = 1; digit < 100; ++digit) neighbours_equal_fmt(power * digit);
  }
}

// From 2^53 on the middle between two doubles is an integer, and often a short one: a tie.
TEST(Floats, IntegersAndHalvesEqualFmt) {
  Random random;
  for (int i = 0; i < rounds(50000); ++i) {
    const auto integer = static_cast<double>(random.u64());
    equals_fmt(integer);
    equals_fmt(integer / 2);
    equals_fmt(static_cast<double>(random.u64()) * 5);
  }
}

TEST(Floats, SubnormalsEqualFmt) {
  Random random;
  for (int i = 0; i < rounds(20000); ++i) {
    equals_fmt(std::ldexp(static_cast<double>(random.u64() >> 12), -1074));
    equals_fmt(std::ldexp(static_cast<float>(random.u64() >> 41), -149));
  }
}

TEST(Floats, TheLimitsEqualFmt) {
  using Limits = std::numeric_limits<double>;
  for (const double value : {0.0, Limits::min(), Limits::max(), Limits::denorm_min(),
                             Limits::epsilon(), Limits::infinity(), Limits::quiet_NaN()}) {
    equals_fmt(value);
    equals_fmt(static_cast<float>(value));
  }
  equals_fmt(std::numeric_limits<float>::max());
  equals_fmt(std::numeric_limits<float>::denorm_min());
}

TEST(Floats, TypedOnesNeverLookLikeIntegers) {
  EXPECT_EQ(float_text<double>(put_double_typed, 1.0), "1.0");
  EXPECT_EQ(float_text<double>(put_double_typed, -0.0), "-0.0");
  EXPECT_EQ(float_text<double>(put_double_typed, 0.0), "0.0");
  EXPECT_EQ(float_text<double>(put_double_typed, 1e15), "1000000000000000.0");
  EXPECT_EQ(float_text<double>(put_double_typed, 0x1p53), "9007199254740992.0");
  EXPECT_EQ(float_text<double>(put_double_typed, 1e16), "1e+16");
  EXPECT_EQ(float_text<double>(put_double_typed, 12.5), "12.5");
  EXPECT_EQ(float_text<double>(put_double_typed, 0.001), "0.001");
  EXPECT_EQ(float_text<double>(put_double_typed, NAN), "NaN");
  EXPECT_EQ(float_text<double>(put_double_typed, -HUGE_VAL), "-Infinity");
}

}  // namespace
}  // namespace penstock::event
