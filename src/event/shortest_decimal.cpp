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

Decimal shortest_decimal(float value) noexcept { return by_dragonbox(value); }

}  // namespace penstock::event
