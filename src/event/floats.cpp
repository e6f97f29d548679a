// SPDX-License-Identifier: Apache-2.0
#include "event/floats.hpp"

#include <bit>
#include <cmath>
#include <cstdint>
#include <cstring>

#include "event/digits.hpp"
#include "event/shortest_decimal.hpp"
#include "event/sixteen_digits.hpp"

namespace penstock::event {
namespace {

struct Layout {
  char* end;
  bool looks_like_integer;
};

// The digits of a Decimal, and how many there are without trailing zeros.
struct Digits {
  explicit Digits(const Decimal& decimal) noexcept
      : first_16(decimal.first_16), last(static_cast<char>('0' + decimal.last)) {
    // The first digit is not 0. Bit 16 stands for the last: below 10, it carries if it is not 0.
    const std::uint64_t nonzero = first_16.nonzero() | ((decimal.last + 0xFFFF) & 0x10000);
    count = (63 ^ std::countl_zero(nonzero | 1)) + 1;  // as bit_width(), with less to compute
  }

  SixteenDigits first_16;
  char last;
  std::int64_t count;
};

// ddd.ddd, with the digit `position`, 0 to 15, before the point, and what is behind it.
inline char* put_with_point(char* to, const Digits& digits, std::int64_t position) noexcept {
  digits.first_16.put_with_point(to, position);
  to[17] = digits.last;
  return to + digits.count + 1;
}

// d.ddde+XX
char* put_exponent_form(char* to, const Digits& digits, std::int64_t exponent) noexcept {
  char* const end = put_with_point(to, digits, 0);
  to = digits.count > 1 ? end : to + 1;
  *to++ = 'e';
  *to++ = exponent < 0 ? '-' : '+';
  const auto magnitude = static_cast<std::uint64_t>(exponent < 0 ? -exponent : exponent);
  return magnitude < 100 ? put_2(to, magnitude) : put_u64(to, magnitude);
}

// 0.00ddd
inline char* put_small(char* to, const Digits& digits, std::int64_t exponent) noexcept {
  std::memcpy(to, "0.000000", 8);
  to += 1 - exponent;
  digits.first_16.put(to);
  to[16] = digits.last;
  return to + digits.count;
}

Layout put_decimal(char* to, const Decimal& decimal) noexcept {
  const Digits digits(decimal);
  const std::int64_t exponent = decimal.exponent;
  if (exponent < -4 || exponent >= 16) return {put_exponent_form(to, digits, exponent), false};
  if (exponent < 0) return {put_small(to, digits, exponent), false};
  if (digits.count > exponent + 1) return {put_with_point(to, digits, exponent), false};
  digits.first_16.put(to);  // ddd000
  return {to + exponent + 1, true};
}

// For the magnitude of a number.
template <class T>
[[gnu::noinline]] Layout put_any(char* to, T value) noexcept {
  if (value == 0) {
    *to = '0';
    return {to + 1, true};
  }
  if (!std::isfinite(value)) {
    std::memcpy(to, std::isnan(value) ? "nan" : "inf", 3);
    return {to + 3, false};
  }
  return put_decimal(to, shortest_decimal(value));
}

// The same, for those that are frequent without a call.
[[gnu::always_inline]] inline Layout put_magnitude(char* to, double value) noexcept {
  constexpr auto least = std::bit_cast<std::uint64_t>(0x1p-1022);
  constexpr auto most = std::bit_cast<std::uint64_t>(0x1p53);
  const auto bits = std::bit_cast<std::uint64_t>(value);
  if (bits - least >= most - least) [[unlikely]]
    return put_any(to, value);
  const auto integer = static_cast<std::int64_t>(value);
  if (static_cast<double>(integer) == value) {
    return {put_u64(to, static_cast<std::uint64_t>(integer)), true};
  }
  Decimal decimal;
  if (!try_shortest_decimal(bits, decimal)) [[unlikely]]
    return put_any(to, value);
  const Digits digits(decimal);
  if (decimal.exponent < 0) {
    if (decimal.exponent < -4) return put_any(to, value);
    return {put_small(to, digits, decimal.exponent), false};
  }
  // There are digits behind the point: an integer below 2^53 reads back as itself.
  return {put_with_point(to, digits, decimal.exponent), false};
}

inline char* put_sign(char* to, bool negative) noexcept {
  *to = '-';
  return to + (negative ? 1 : 0);
}

[[gnu::always_inline]] inline Layout put_shortest(char* to, double value) noexcept {
  return put_magnitude(put_sign(to, std::signbit(value)), std::fabs(value));
}

}  // namespace

char* put_double(char* to, double value) noexcept { return put_shortest(to, value).end; }

char* put_float(char* to, float value) noexcept {
  return put_any(put_sign(to, std::signbit(value)), std::fabs(value)).end;
}

char* put_double_typed(char* to, double value) noexcept {
  if (!std::isfinite(value)) {
    if (std::isnan(value)) return put_text(to, "NaN");
    return put_text(to, std::signbit(value) ? "-Infinity" : "Infinity");
  }
  const Layout layout = put_shortest(to, value);
  return layout.looks_like_integer ? put_text(layout.end, ".0") : layout.end;
}

}  // namespace penstock::event
