// SPDX-License-Identifier: Apache-2.0
#include "event/shortest_decimal.hpp"

#include <bit>

#include <fmt/format.h>

namespace penstock::event {
namespace {

template <class T>
Decimal by_dragonbox(T value) noexcept {
  const auto found = fmt::detail::dragonbox::to_decimal(value);
  const std::uint64_t significand = found.significand;
  if (significand >= 10 * ten_to_15) {  // 17 digits
    return {significand / 10, significand % 10, found.exponent + 16};
  }
  Decimal decimal{significand, 0, found.exponent + 15};
  for (; decimal.first_16 < ten_to_15; --decimal.exponent) decimal.first_16 *= 10;
  return decimal;
}

}  // namespace

Decimal shortest_decimal(double value) noexcept {
  const auto bits = std::bit_cast<std::uint64_t>(value);
  Decimal decimal;
  if (bits >> 52 != 0 && try_shortest_decimal(bits, decimal)) return decimal;
  return by_dragonbox(value);
}

Decimal shortest_decimal(float value) noexcept {
  constexpr std::uint32_t hidden_bit = 1u << 23;
  constexpr std::int64_t float_exponent_bias = 150;
  const auto bits = std::bit_cast<std::uint32_t>(value);
  const std::uint32_t field = bits / hidden_bit;
  const std::int64_t exponent = std::int64_t{field} - float_exponent_bias;
  ScaledDecimal found;
  if (field == 0 ||
      !try_scaled_decimal((bits & (hidden_bit - 1)) | hidden_bit,
                          static_cast<std::uint64_t>(exponent + exponent_bias), found)) [[unlikely]]
    return by_dragonbox(value);
  // 7 to 9 digits, so that there is no last one.
  std::uint64_t first_16 = (found.whole * 10 + found.tenths) * 10'000'000;
  const int missing = (first_16 < ten_to_15 / 10 ? 1 : 0) + (first_16 < ten_to_15 ? 1 : 0);
  first_16 *= missing == 0 ? 1 : missing == 1 ? 10 : 100;
  return {first_16, 0, decimal_exponent(exponent) + 7 - missing};
}

}  // namespace penstock::event
