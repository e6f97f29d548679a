// SPDX-License-Identifier: Apache-2.0
// utf8.hpp: one character of UTF-8, which may be broken.
#pragma once

#include <cstddef>
#include <cstdint>

namespace penstock::event {

struct Utf8Character {
  std::uint32_t size;  // bytes; of a broken one: of its maximal part, at least 1
  bool valid;
};

// The character at `text`, of which there are `left` bytes, at least 1; the first is not ASCII.
// Well-formed as in table 3-7 of the Unicode standard.
inline Utf8Character utf8_character(const char* text, std::size_t left) noexcept {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned first = byte(0);
  if (first < 0xC2 || first > 0xF4) return {1, false};
  unsigned low = 0x80;  // the range of the second byte
  unsigned high = 0xBF;
  if (first == 0xE0) low = 0xA0;
  if (first == 0xED) high = 0x9F;
  if (first == 0xF0) low = 0x90;
  if (first == 0xF4) high = 0x8F;
  if (left < 2 || byte(1) < low || byte(1) > high) return {1, false};
  const std::uint32_t size = first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
  for (std::uint32_t i = 2; i < size; ++i) {
    if (i >= left || (byte(i) & 0xC0) != 0x80) return {i, false};
  }
  return {size, true};
}

}  // namespace penstock::event
