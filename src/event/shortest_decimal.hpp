// SPDX-License-Identifier: Apache-2.0
// shortest_decimal.hpp: the decimal with the fewest digits that reads back as the same number, and
// of those the nearest to it; in a tie the even one.
//
// The argument is that of Raffaello Giulietti, "The Schubfach way to render doubles" (2020). Let
// 10^k be the least power of ten above the distance between two neighbours. At most one multiple of
// it is read as this number, and that is the shortest; when none is, the nearest tenth of one is.
// There three products find the number and both ends of what is read as it. Here one product does,
// with a bound of its error; where that could matter, which is next to never, fmt's Dragonbox
// decides.
#pragma once

#include <cstdint>

#include "event/scaled_units.hpp"

namespace penstock::event {

__extension__ using uint128 = unsigned __int128;

inline constexpr std::uint64_t ten_to_15 = 1'000'000'000'000'000;

// 17 digits, d.ddd * 10^exponent: the first 16 as a number, 10^15 or more, and the last.
struct Decimal {
  std::uint64_t first_16;
  std::uint64_t last;
  std::int64_t exponent;
};

// For every number that is positive and finite.
Decimal shortest_decimal(double value) noexcept;
Decimal shortest_decimal(float value) noexcept;

// |difference| <= tolerance, for a difference modulo 2^64.
inline bool is_within(std::uint64_t tolerance, std::uint64_t difference) noexcept {
  return difference + tolerance <= 2 * tolerance;
}

// whole * 10^k and so many tenths of 10^k. Without tenths, the digits may end with zeros.
struct ScaledDecimal {
  std::uint64_t whole;
  std::uint64_t tenths;
};

// For significand * 2^(field - exponent_bias), with 24 or 53 bits. False when it takes more than
// this to decide. No branch depends on how long the decimal is: that is hard to foresee.
[[gnu::always_inline]] inline bool try_scaled_decimal(std::uint64_t significand,
                                                      std::uint64_t field,
                                                      ScaledDecimal& decimal) noexcept {
  const ScaledUnit& unit = scaled_units[field];

  // The number divided by 10^k. Here 1 stands for 2^-64: it is less than 2 too small.
  const uint128 low = uint128{significand} * unit.low;
  const uint128 scaled = uint128{significand} * unit.high + static_cast<std::uint64_t>(low >> 64);
  const auto part = static_cast<std::uint64_t>(scaled);

  // Below a power of two the neighbour is nearer: only what is exact is sure to be read as it.
  if ((significand & (significand - 1)) == 0 && part != 0) [[unlikely]]
    return false;

  // What is within half a unit of the last place is read as this number. From the upper end of that
  // a whole number is less than a unit away, or there is none in it.
  const uint128 upper_end = scaled + unit.high / 2;
  const auto below_end = static_cast<std::uint64_t>(upper_end);
  const std::uint64_t is_long = std::uint64_t{below_end < unit.high} - 1;  // a mask

  // If there is none, the nearest tenth; here 1 stands for 2^-59.
  const std::uint64_t tenths = (part >> 4) * 5 + (1ull << 58);

  // An end that is too close to a whole number, or a part that is to the middle of two tenths: the
  // errors, of less than 4 and 6 in the last bits, could be what decides.
  if (is_within(16, below_end) || is_within(16, below_end - unit.high) ||
      is_within(16 << 5, tenths << 5)) [[unlikely]]
    return false;

  decimal = {static_cast<std::uint64_t>(upper_end >> 64), (tenths >> 59) & is_long};
  return true;
}

// For the bits of a double that is positive, finite and not below 2^-1022.
[[gnu::always_inline]] inline bool try_shortest_decimal(std::uint64_t bits,
                                                        Decimal& decimal) noexcept {
  constexpr std::uint64_t hidden_bit = 1ull << 52;
  const std::uint64_t field = bits / hidden_bit;
  ScaledDecimal found;
  if (!try_scaled_decimal((bits & (hidden_bit - 1)) | hidden_bit, field, found)) [[unlikely]]
    return false;
  // Of 15 digits or 16: a mask, for 15.
  const auto has_15 =
      static_cast<std::uint64_t>(static_cast<std::int64_t>(found.whole - ten_to_15) >> 63);
  decimal.first_16 = found.whole + ((found.whole * 9 + found.tenths) & has_15);
  decimal.last = found.tenths & ~has_15;
  decimal.exponent = decimal_exponent(static_cast<std::int64_t>(field) - exponent_bias) + 15 +
                     static_cast<std::int64_t>(has_15);
  return true;
}

}  // namespace penstock::event
