// SPDX-License-Identifier: Apache-2.0
// sixteen_digits.hpp: a number of 16 digits as text, with a point in it or without; no branches.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

#include "event/digits.hpp"

namespace penstock::event {

#if defined(__SSE2__)

// Halves of 8 digits, then quarters of 4, and so on, the first in the lowest lane; each division by
// a multiplication, in all lanes.
class SixteenDigits {
 public:
  // Leading zeros included.
  explicit SixteenDigits(std::uint64_t value) noexcept {  // below 10^16
    const std::uint64_t high = value / ten_to_8;
    const std::uint64_t low = value - high * ten_to_8;
    const __m128i eights = _mm_unpacklo_epi64(lane(high), lane(low));
    // value / 10^4 in the upper half, what is left in the lower: value + quotient * (2^32 - 10^4).
    const __m128i quotients =
        _mm_srli_epi64(_mm_mul_epu32(eights, _mm_set1_epi64x((1ll << 45) / 10'000 + 1)), 45);
    const __m128i fours =
        _mm_add_epi64(eights, _mm_mul_epu32(quotients, _mm_set1_epi64x((1ll << 32) - 10'000)));
    // Upper half before lower, and each twice, in 16 bits: one becomes its hundreds, one the rest.
    const __m128i twice = _mm_shufflehi_epi16(_mm_shufflelo_epi16(fours, 0x0A), 0x0A);
    const __m128i hundreds =
        _mm_srli_epi16(_mm_mulhi_epu16(twice, _mm_set1_epi16((1 << 19) / 100 + 1)), 3);
    const __m128i twos = _mm_add_epi16(
        _mm_slli_epi32(twice, 16),
        _mm_mullo_epi16(hundreds, _mm_set1_epi32(static_cast<int>(0u - 100 * 65536) + 1)));
    // tens + (value - tens * 10) * 2^8
    const __m128i tens = _mm_mulhi_epu16(twos, _mm_set1_epi16((1 << 16) / 10 + 1));
    __m128i factor = _mm_set1_epi16(10 * 256 - 1);
    asm("" : "+x"(factor));  // a constant would become a dozen shifts and additions
    digits_ = _mm_sub_epi16(_mm_slli_epi16(twos, 8), _mm_mullo_epi16(tens, factor));
  }

  // Bit i: the digit i, counted from the first, is not 0.
  std::uint64_t nonzero() const noexcept {
    const __m128i found = _mm_cmpgt_epi8(digits_, _mm_setzero_si128());
    return static_cast<std::uint64_t>(_mm_movemask_epi8(found));
  }
  void put(char* to) const noexcept {  // 16
    const __m128i bytes = text();
    std::memcpy(to, &bytes, 16);
  }
  // The point is behind the digit `position`, 0 to 15.
  void put_with_point(char* to, std::int64_t position) const noexcept {  // 17
    // All where those behind the point belong, then 16 bytes with both in their places.
    const __m128i before = text();
    const __m128i behind = _mm_slli_si128(before, 1);
    __m128i is_before;
    std::memcpy(&is_before, before_point + 15 - position, 16);
    const __m128i both =
        _mm_xor_si128(behind, _mm_and_si128(is_before, _mm_xor_si128(before, behind)));
    std::memcpy(to + 1, &before, 16);
    std::memcpy(to, &both, 16);
    to[position + 1] = '.';
  }

 private:
  static constexpr unsigned char before_point[32] = {0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF,
                                                     0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF,
                                                     0xFF, 0xFF, 0xFF, 0xFF};

  static __m128i lane(std::uint64_t value) noexcept {
    return _mm_cvtsi64_si128(static_cast<long long>(value));
  }
  __m128i text() const noexcept { return _mm_or_si128(digits_, _mm_set1_epi8('0')); }

  __m128i digits_;
};

#else

class SixteenDigits {
 public:
  explicit SixteenDigits(std::uint64_t value) noexcept  // below 10^16
      : high_(eight_digits(value / ten_to_8)), low_(eight_digits(value % ten_to_8)) {}

  std::uint64_t nonzero() const noexcept { return nonzero_of(high_) | nonzero_of(low_) << 8; }
  void put(char* to) const noexcept {  // 16
    store(to, high_);
    store(to + 8, low_);
  }
  void put_with_point(char* to, std::int64_t position) const noexcept {  // 33
    put(to);
    char behind[16];
    std::memcpy(behind, to + position + 1, 16);
    to[position + 1] = '.';
    std::memcpy(to + position + 2, behind, 16);
  }

 private:
  // The 8 digits of a number below 10^8, the first in the lowest byte.
  static std::uint64_t eight_digits(std::uint64_t value) noexcept {
    // Halves of 4 digits, quarters of 2, and so on; each division by a multiplication.
    const std::uint64_t high4 = value / 10'000;
    const std::uint64_t fours = high4 | (value - high4 * 10'000) << 32;
    const std::uint64_t high2 = ((fours * 10'486) >> 20) & 0x0000007F'0000007F;
    const std::uint64_t twos = high2 | (fours - high2 * 100) << 16;
    const std::uint64_t high1 = ((twos * 103) >> 10) & 0x000F000F'000F000F;
    return high1 | (twos - high1 * 10) << 8;
  }
  // A bit for each byte that is not 0: of those, which are below 128, the top bits side by side.
  static std::uint64_t nonzero_of(std::uint64_t digits) noexcept {
    const std::uint64_t tops = (digits + 0x7F7F7F7F'7F7F7F7F) & 0x80808080'80808080;
    return ((tops >> 7) * 0x01020408'10204080) >> 56;
  }
  static void store(char* to, std::uint64_t digits) noexcept {
    digits |= 0x30303030'30303030;
    if constexpr (std::endian::native == std::endian::big) digits = __builtin_bswap64(digits);
    std::memcpy(to, &digits, 8);
  }

  std::uint64_t high_;
  std::uint64_t low_;
};

#endif

}  // namespace penstock::event
