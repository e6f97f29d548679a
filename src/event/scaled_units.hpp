// SPDX-License-Identifier: Apache-2.0
// scaled_units.hpp: for each exponent of a double, what a unit in its last place is worth, counted
// in the least power of ten above it. Computed by the compiler.
//
// Bound    each is cut, so less than 2^-128 too small; those of 2^-1 to 2^-183 are exact
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace penstock::event {

// The power of ten above 2^exponent is 10^decimal_exponent(exponent): floor(log10(2^exponent)) + 1.
constexpr std::int64_t decimal_exponent(std::int64_t exponent) noexcept {
  return ((exponent * 315'653) >> 20) + 1;
}

// 2^exponent / 10^decimal_exponent(exponent), from 0.1 to 1, as (high * 2^64 + low) / 2^128.
struct ScaledUnit {
  std::uint64_t high;
  std::uint64_t low;
};

// A number below 1 with 192 bits, 32 in a word, the lowest first. A ScaledUnit takes the upper 128:
// the others keep the errors of a thousand steps.
class WideUnit {
 public:
  // From the unit of 2^e to that of 2^(e + 1).
  constexpr void step_up() noexcept {
    std::uint64_t rest = multiply_by(2);
    if (rest == 0) return;
    for (std::size_t i = words_.size(); i-- > 0;) {  // it went over 1: divide by 10
      rest = rest << 32 | words_[i];
      words_[i] = static_cast<std::uint32_t>(rest / 10);
      rest %= 10;
    }
  }
  // To that of 2^(e - 1).
  constexpr void step_down() noexcept {
    for (std::size_t i = 0; i + 1 < words_.size(); ++i) {
      words_[i] = words_[i] >> 1 | words_[i + 1] << 31;
    }
    words_.back() >>= 1;
    WideUnit tenfold = *this;
    if (tenfold.multiply_by(10) == 0) *this = tenfold;
  }
  constexpr ScaledUnit cut() const noexcept {
    return {std::uint64_t{words_[5]} << 32 | words_[4], std::uint64_t{words_[3]} << 32 | words_[2]};
  }

 private:
  // Gives what goes over 1.
  constexpr std::uint64_t multiply_by(std::uint32_t factor) noexcept {
    std::uint64_t carry = 0;
    for (std::uint32_t& word : words_) {
      carry += std::uint64_t{word} * factor;
      word = static_cast<std::uint32_t>(carry);
      carry >>= 32;
    }
    return carry;
  }

  std::array<std::uint32_t, 6> words_{0, 0, 0, 0, 0, 0x8000'0000};  // 2^-1 / 10^0
};

// A double's exponent field is its exponent and this.
inline constexpr std::int64_t exponent_bias = 1075;

// By exponent field; that of 0, which has no fixed unit, is empty.
constexpr auto make_scaled_units() noexcept {
  std::array<ScaledUnit, 2047> units{};
  constexpr std::size_t of_half = exponent_bias - 1;
  WideUnit unit;
  for (std::size_t field = of_half; field < units.size(); ++field, unit.step_up()) {
    units[field] = unit.cut();
  }
  unit = WideUnit();
  for (std::size_t field = of_half; field > 0; --field, unit.step_down()) units[field] = unit.cut();
  return units;
}
inline constexpr auto scaled_units = make_scaled_units();

}  // namespace penstock::event
