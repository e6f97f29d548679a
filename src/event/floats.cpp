// SPDX-License-Identifier: Apache-2.0
#include "event/floats.hpp"

#include <cmath>
#include <cstdint>
#include <cstring>

#include <fmt/format.h>

#include "event/digits.hpp"

namespace penstock::event {
namespace {

// fmt's write() lays out through generic iterators, which costs twice what finding the digits does.
// So: its digits (Dragonbox), our layout.

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

// `fraction_digits` of the significand, 1 to 16, come after the point.
char* put_with_point(char* to, std::uint64_t significand, int fraction_digits) noexcept {
  const std::uint64_t unit = powers_of_ten[fraction_digits];
  const std::uint64_t whole = significand / unit;
  char* const point = put_u64(to, whole);
  // A one in front keeps the leading zeros; the point takes its place.
  char* const end = put_u64(point, significand - whole * unit + unit);
  *point = '.';
  return end;
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
  if (first < 0) {  // 0.00ddd
    std::memcpy(to, "0.000", 5);
    return {put_u64(to + 1 - first, significand), false};
  }
  return {put_with_point(to, significand, -exponent), false};
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
