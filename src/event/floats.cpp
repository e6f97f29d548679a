// SPDX-License-Identifier: Apache-2.0
#include "event/floats.hpp"

#include <bit>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <type_traits>

#include <fmt/format.h>

#include "event/digits.hpp"

namespace penstock::event {
namespace {

// The 8 digits of a number below 10^8, the first in the lowest byte.
inline std::uint64_t eight_digits(std::uint64_t value) noexcept {
  // Halves of 4 digits, quarters of 2, and so on; each division by a multiplication, in all lanes.
  const std::uint64_t high4 = value / 10'000;
  const std::uint64_t fours = high4 | (value - high4 * 10'000) << 32;
  const std::uint64_t high2 = ((fours * 10'486) >> 20) & 0x0000007F'0000007F;
  const std::uint64_t twos = high2 | (fours - high2 * 100) << 16;
  const std::uint64_t high1 = ((twos * 103) >> 10) & 0x000F000F'000F000F;
  return high1 | (twos - high1 * 10) << 8;
}

inline void store_digits(char* to, std::uint64_t digits) noexcept {
  digits |= 0x30303030'30303030;
  if constexpr (std::endian::native == std::endian::big) digits = __builtin_bswap64(digits);
  std::memcpy(to, &digits, 8);
}

struct Layout {
  char* end;
  bool looks_like_integer;
};

constexpr std::uint64_t powers_of_ten[] = {1,
                                           10,
                                           100,
                                           1'000,
                                           10'000,
                                           100'000,
                                           1'000'000,
                                           10'000'000,
                                           100'000'000,
                                           1'000'000'000,
                                           10'000'000'000,
                                           100'000'000'000,
                                           1'000'000'000'000,
                                           10'000'000'000'000,
                                           100'000'000'000'000,
                                           1'000'000'000'000'000,
                                           10'000'000'000'000'000,
                                           100'000'000'000'000'000};

// The number of decimal digits of a number below 10^17; 1 for 0.
int count_digits(std::uint64_t value) noexcept {
  // log10 from log2: 1233 / 4096 is a little more than log10(2).
  const auto guess = static_cast<std::size_t>((std::bit_width(value | 1) * 1233) >> 12);
  return static_cast<int>(guess) + (guess == 0 || value >= powers_of_ten[guess] ? 1 : 0);
}

// `fraction_digits` of the significand, 1 to 16, come after the point. Writes 16 bytes there: how
// many digits a fraction has is hard to foresee, so there is no branch for it.
char* put_with_point(char* to, std::uint64_t significand, int fraction_digits) noexcept {
  const std::uint64_t unit = powers_of_ten[fraction_digits];
  const std::uint64_t whole = significand / unit;
  const std::uint64_t fraction = (significand - whole * unit) * powers_of_ten[16 - fraction_digits];
  const std::uint64_t high = fraction / ten_to_8;
  to = put_u64(to, whole);
  *to++ = '.';
  put_8(put_8(to, high), fraction - high * ten_to_8);
  return to + fraction_digits;
}

// d.ddde+XX
char* put_exponent_form(char* to, std::uint64_t significand, int count, int exponent) noexcept {
  to = count > 1 ? put_with_point(to, significand, count - 1) : put_u64(to, significand);
  *to++ = 'e';
  *to++ = exponent < 0 ? '-' : '+';
  const auto magnitude = static_cast<std::uint64_t>(exponent < 0 ? -exponent : exponent);
  return magnitude < 100 ? put_2(to, magnitude) : put_u64(to, magnitude);
}

// The number significand * 10^exponent.
Layout put_layout(char* to, std::uint64_t significand, int exponent) noexcept {
  if (exponent < 0 && exponent >= -16 && significand >= powers_of_ten[-exponent]) {
    return {put_with_point(to, significand, -exponent), false};  // ddd.ddd: by far the most
  }
  const int count = count_digits(significand);
  const int first = exponent + count - 1;  // the first digit stands for 10^first
  if (first < -4 || first >= 16) {
    return {put_exponent_form(to, significand, count, first), false};
  }
  if (exponent >= 0) {  // ddd000
    to = put_u64(to, significand);
    std::memset(to, '0', 16);
    return {to + exponent, true};
  }
  std::memcpy(to, "0.000", 5);  // 0.00ddd
  return {put_u64(to + 1 - first, significand), false};
}

// Numbers with up to 6 decimals, as most in logs are; false for others. `value` is finite, not
// negative. When value == m / 10^6, correctly rounded, and m has at most 15 digits, then m is the
// only such number, as different decimals of 15 digits are different doubles: the shortest text is
// m without its trailing zeros, and the search for it can be spared.
bool put_few_decimals(char* to, double value, Layout& layout) noexcept {
  if (!(value >= 1e-4 && value < 1e9)) return false;
  // The value is positive, and a wrong rounding fails the test below.
  // NOLINTNEXTLINE(bugprone-incorrect-roundings)
  const auto rounded = static_cast<std::int64_t>(value * 1e6 + 0.5);
  if (static_cast<double>(rounded) / 1e6 != value) return false;
  const auto millionths = static_cast<std::uint64_t>(rounded);
  const std::uint64_t whole = millionths / 1'000'000;
  to = put_u64(to, whole);
  const std::uint64_t decimals = eight_digits((millionths - whole * 1'000'000) * 100);
  if (decimals == 0) {
    layout = {to, true};
    return true;
  }
  *to++ = '.';
  store_digits(to, decimals);
  layout = {to + 8 - std::countl_zero(decimals) / 8, false};
  return true;
}

template <class T>
Layout put_shortest(char* to, T value) noexcept {
  if (std::signbit(value)) {
    *to++ = '-';
    value = -value;
  }
  if (!std::isfinite(value)) {
    std::memcpy(to, std::isnan(value) ? "nan" : "inf", 3);
    return {to + 3, false};
  }
  if constexpr (std::is_same_v<T, double>) {
    Layout layout;
    if (put_few_decimals(to, value, layout)) return layout;
  }
  // fmt's write() lays out through generic iterators, which costs twice what finding the digits
  // does. So: its digits (Dragonbox), our layout.
  const auto decimal = fmt::detail::dragonbox::to_decimal(value);
  return put_layout(to, decimal.significand, decimal.exponent);
}

}  // namespace

char* put_double(char* to, double value) noexcept { return put_shortest(to, value).end; }

char* put_float(char* to, float value) noexcept { return put_shortest(to, value).end; }

char* put_double_typed(char* to, double value) noexcept {
  if (!std::isfinite(value)) {
    if (std::isnan(value)) return put_text(to, "NaN");
    return put_text(to, std::signbit(value) ? "-Infinity" : "Infinity");
  }
  const Layout layout = put_shortest(to, value);
  return layout.looks_like_integer ? put_text(layout.end, ".0") : layout.end;
}

}  // namespace penstock::event
