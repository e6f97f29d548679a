// SPDX-License-Identifier: Apache-2.0
// digits.hpp: integers as text, written in place. The same bytes as fmt's "{}".
//
// Two digits at a time, from the front: the number becomes a binary fraction of 100, and each
// multiplication by 100 moves the next two digits above the point. (James Edward Anhalt III.)
//
// Bound    The room that each function needs stands beside it; it may write more than the text.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace penstock::event {

inline constexpr std::size_t integer_room = 24;  // at most 20 are text
inline constexpr std::size_t pointer_room = 18;

inline constexpr std::uint64_t ten_to_8 = 100'000'000;
inline constexpr std::uint64_t ten_to_16 = ten_to_8 * ten_to_8;

inline constexpr char digit_pairs[] =
    "00010203040506070809101112131415161718192021222324252627282930313233343536373839"
    "40414243444546474849505152535455565758596061626364656667686970717273747576777879"
    "8081828384858687888990919293949596979899";

// The digits after the first two: the lower half of `fraction` is what is left.
template <int pairs>
inline char* put_pairs(char* to, std::uint64_t fraction) noexcept {
  std::uint64_t hundred = 100;
  asm("" : "+r"(hundred));  // a constant would become twice as many shifts and additions
  fraction = (fraction & 0xFFFF'FFFF) * hundred;
  std::memcpy(to, digit_pairs + 2 * (fraction >> 32), 2);
  if constexpr (pairs == 1) {
    return to + 2;
  } else {
    return put_pairs<pairs - 1>(to + 2, fraction);
  }
}

// One digit or two.
inline char* put_first_pair(char* to, std::uint64_t below_100) noexcept {
  const std::uint64_t one = below_100 < 10 ? 1 : 0;
  std::memcpy(to, digit_pairs + 2 * below_100 + one, 2);
  return to + 2 - one;
}

// value / 100, 10^4, 10^6 with 32 bits after the point, rounded up; exact for values of 4, 6 and 8
// digits (every one of them is tried in a test).
inline std::uint64_t fraction_of_4(std::uint64_t value) noexcept {
  return value * ((1ull << 32) / 100 + 1);
}
inline std::uint64_t fraction_of_6(std::uint64_t value) noexcept {
  return value * ((1ull << 32) / 10'000 + 1);
}
inline std::uint64_t fraction_of_8(std::uint64_t value) noexcept {
  return ((value * ((1ull << 48) / 1'000'000 + 1)) >> 16) + 1;
}

// Each gives the end of what it wrote.

// Exactly so many digits, leading zeros included.
inline char* put_2(char* to, std::uint64_t value) noexcept {
  std::memcpy(to, digit_pairs + 2 * value, 2);
  return to + 2;
}
inline char* put_6(char* to, std::uint64_t value) noexcept {
  const std::uint64_t fraction = fraction_of_6(value);
  return put_pairs<2>(put_2(to, fraction >> 32), fraction);
}
inline char* put_8(char* to, std::uint64_t value) noexcept {
  const std::uint64_t fraction = fraction_of_8(value);
  return put_pairs<3>(put_2(to, fraction >> 32), fraction);
}

// A number below 10^8, without leading zeros.
inline char* put_below_8(char* to, std::uint64_t value) noexcept {  // 8
  if (value < 100) return put_first_pair(to, value);
  if (value < 10'000) {
    const std::uint64_t fraction = fraction_of_4(value);
    return put_pairs<1>(put_first_pair(to, fraction >> 32), fraction);
  }
  if (value < 1'000'000) {
    const std::uint64_t fraction = fraction_of_6(value);
    return put_pairs<2>(put_first_pair(to, fraction >> 32), fraction);
  }
  const std::uint64_t fraction = fraction_of_8(value);
  return put_pairs<3>(put_first_pair(to, fraction >> 32), fraction);
}

inline char* put_u64(char* to, std::uint64_t value) noexcept {  // integer_room
  if (value < ten_to_8) return put_below_8(to, value);
  const std::uint64_t high = value / ten_to_8;
  const std::uint64_t low = value - high * ten_to_8;
  if (value < ten_to_16) return put_8(put_below_8(to, high), low);
  const std::uint64_t top = high / ten_to_8;
  return put_8(put_8(put_below_8(to, top), high - top * ten_to_8), low);
}

inline char* put_i64(char* to, std::int64_t value) noexcept {  // integer_room
  auto magnitude = static_cast<std::uint64_t>(value);
  if (value < 0) {
    *to++ = '-';
    magnitude = 0 - magnitude;
  }
  return put_u64(to, magnitude);
}

inline char* put_hex_byte(char* to, unsigned byte) noexcept {  // 2
  constexpr char hex[] = "0123456789abcdef";
  to[0] = hex[(byte >> 4) & 15];
  to[1] = hex[byte & 15];
  return to + 2;
}

inline char* put_pointer(char* to, std::uint64_t address) noexcept {  // pointer_room
  constexpr char hex[] = "0123456789abcdef";
  *to++ = '0';
  *to++ = 'x';
  const auto digits = static_cast<unsigned>(std::bit_width(address | 1) + 3) / 4;
  for (unsigned i = digits; i-- > 0; address >>= 4) to[i] = hex[address & 15];
  return to + digits;
}

inline char* put_text(char* to, std::string_view text) noexcept {  // its size
  std::memcpy(to, text.data(), text.size());
  return to + text.size();
}

}  // namespace penstock::event
