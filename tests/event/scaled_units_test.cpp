// SPDX-License-Identifier: Apache-2.0
#include "event/scaled_units.hpp"

#include <cmath>
#include <cstdlib>
#include <string>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "event/shortest_decimal.hpp"

namespace penstock::event {
namespace {

constexpr int digits = 37;

// The first digits behind the point.
uint128 decimal_fraction(ScaledUnit unit) {
  uint128 read = 0;
  for (int i = 0; i < digits; ++i) {
    const uint128 low = uint128{unit.low} * 10;
    const uint128 high = uint128{unit.high} * 10 + (low >> 64);
    read = read * 10 + (high >> 64);
    unit = {static_cast<std::uint64_t>(high), static_cast<std::uint64_t>(low)};
  }
  return read;
}

// fmt gives as many digits of a power of two as are asked for.
TEST(ScaledUnits, HaveTheDigitsOfTheirPowersOfTwo) {
  for (std::size_t field = 1; field < scaled_units.size(); ++field) {
    const auto exponent = static_cast<int>(field) - static_cast<int>(exponent_bias);
    const std::string text = fmt::format("{:.{}e}", std::ldexp(1.0, exponent), digits - 1);
    uint128 expected = 0;
    for (const char c : text.substr(0, digits + 1)) {
      if (c != '.') expected = expected * 10 + static_cast<unsigned>(c - '0');
    }
    ASSERT_EQ(decimal_exponent(exponent), std::atoi(text.c_str() + digits + 2) + 1) << exponent;
    const uint128 unit = decimal_fraction(scaled_units[field]);
    ASSERT_TRUE(unit == expected || unit + 1 == expected) << exponent;
  }
}

}  // namespace
}  // namespace penstock::event
