// SPDX-License-Identifier: Apache-2.0
// scan.hpp: finds bytes that an output must not show as they are, 16 at a time; copies short texts
// that have none.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

#include "event/escape.hpp"

namespace penstock::event {

// Control characters, all that is not ASCII, and for JSON the quote and the backslash.
template <Escape escape>
constexpr bool is_special(unsigned char byte) noexcept {
  if (byte < 0x20 || byte >= 0x7F) return true;
  return escape == Escape::json && (byte == '"' || byte == '\\');
}

template <Escape escape>
std::size_t find_special_bytewise(const char* text, std::size_t from, std::size_t size) noexcept {
  while (from < size && !is_special<escape>(static_cast<unsigned char>(text[from]))) ++from;
  return from;
}

#if defined(__SSE2__)

template <Escape escape>
unsigned special_mask(__m128i bytes) noexcept {
  // Signed: what is not ASCII is negative, so it is below the space as well.
  __m128i found = _mm_cmplt_epi8(bytes, _mm_set1_epi8(0x20));
  found = _mm_or_si128(found, _mm_cmpeq_epi8(bytes, _mm_set1_epi8(0x7F)));
  if constexpr (escape == Escape::json) {
    found = _mm_or_si128(found, _mm_cmpeq_epi8(bytes, _mm_set1_epi8('"')));
    found = _mm_or_si128(found, _mm_cmpeq_epi8(bytes, _mm_set1_epi8('\\')));
  }
  return static_cast<unsigned>(_mm_movemask_epi8(found));
}

// Where the first special byte of `text` is, or `size`.
template <Escape escape>
inline std::size_t find_special(const char* text, std::size_t size) noexcept {
  if (size >= 16) {
    const auto load = [&](std::size_t at) {
      __m128i bytes;
      std::memcpy(&bytes, text + at, 16);
      return bytes;
    };
    std::size_t at = 0;
    for (; at + 16 <= size; at += 16) {
      const unsigned mask = special_mask<escape>(load(at));
      if (mask != 0) return at + static_cast<std::size_t>(std::countr_zero(mask));
    }
    if (at == size) return size;
    const unsigned mask = special_mask<escape>(load(size - 16));  // overlaps what is clean
    return mask == 0 ? size : size - 16 + static_cast<std::size_t>(std::countr_zero(mask));
  }
  // 4..15 bytes: their two ends, side by side; only when something is found, byte by byte.
  std::uint64_t first = 0;
  std::uint64_t last = 0;
  if (size >= 8) {
    std::memcpy(&first, text, 8);
    std::memcpy(&last, text + size - 8, 8);
  } else if (size >= 4) {
    std::uint32_t begin = 0;
    std::uint32_t end = 0;
    std::memcpy(&begin, text, 4);
    std::memcpy(&end, text + size - 4, 4);
    first = last = begin | static_cast<std::uint64_t>(end) << 32;
  } else {
    return find_special_bytewise<escape>(text, 0, size);
  }
  const auto both = _mm_set_epi64x(static_cast<long long>(last), static_cast<long long>(first));
  if (special_mask<escape>(both) == 0) return size;
  return find_special_bytewise<escape>(text, 0, size);
}

#else

template <Escape escape>
inline std::size_t find_special(const char* text, std::size_t size) noexcept {
  constexpr std::uint64_t ones = 0x0101010101010101u;
  constexpr std::uint64_t tops = 0x8080808080808080u;
  // The top bit of each byte that is zero; of bytes above one that is, it may be set as well.
  const auto zeros = [](std::uint64_t word) { return (word - ones) & ~word & tops; };
  std::size_t at = 0;
  for (; at + 8 <= size; at += 8) {
    std::uint64_t word;
    std::memcpy(&word, text + at, 8);
    std::uint64_t found = (word & tops) | ((word - ones * 0x20) & tops) | zeros(word ^ ones * 0x7F);
    if constexpr (escape == Escape::json) {
      found |= zeros(word ^ ones * '"') | zeros(word ^ ones * '\\');
    }
    if (found != 0) break;
  }
  return find_special_bytewise<escape>(text, at, size);
}

#endif

inline constexpr std::size_t short_text_max = 32;

inline char* copy_short(char* to, std::string_view text) noexcept {
  const char* const from = text.data();
  const std::size_t size = text.size();
  if (size >= 16) {
    std::memcpy(to, from, 16);
    std::memcpy(to + size - 16, from + size - 16, 16);
  } else if (size >= 8) {
    std::memcpy(to, from, 8);
    std::memcpy(to + size - 8, from + size - 8, 8);
  } else if (size >= 4) {
    std::memcpy(to, from, 4);
    std::memcpy(to + size - 4, from + size - 4, 4);
  } else {
    for (std::size_t i = 0; i < size; ++i) to[i] = from[i];
  }
  return to + size;
}

// Copies a text of at most short_text_max bytes, none special, and moves `to` behind it. False when
// it is not like that: the usual names and words are.
template <Escape escape>
inline bool put_short(char*& to, std::string_view text) noexcept {
  if (text.size() > short_text_max) return false;
  if constexpr (escape != Escape::none) {
    if (find_special<escape>(text.data(), text.size()) != text.size()) return false;
  }
  to = copy_short(to, text);
  return true;
}

}  // namespace penstock::event
