// SPDX-License-Identifier: Apache-2.0
// escape.hpp: bytes from anywhere, made harmless for one line of output.
//
// Escape::text  for text lines. Control characters (U+0000..U+001F, U+007F, and U+0080..U+009F as
//     UTF-8 or as single bytes) and the separators U+2028 and U+2029 become \n \r \t \xNN \uNNNN;
//     all other bytes stay, also those that are not UTF-8, and the backslash: ordinary text is
//     unchanged, at the price that an escape and the same characters in the event look alike. A
//     first byte from the inside of a character becomes \xNN: it may not complete what is before.
// Escape::json  for the inside of JSON strings and of quoted logfmt values. The same characters,
//     the quote and the backslash become \" \\ \n \r \t \uNNNN; each part that is not UTF-8
//     becomes U+FFFD, as Unicode recommends (one for each maximal part).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/buffer.hpp"

namespace penstock::event {

enum class Escape : std::uint8_t { none, text, json };
inline constexpr std::size_t escape_count = 3;

template <Escape escape>
void append_escaped(base::Buffer& out, std::string_view text);
template <>
void append_escaped<Escape::none>(base::Buffer& out, std::string_view text);

// When no piece begins like this, pieces escaped one by one are the same as their whole escaped at
// once: no character, valid or broken, reaches over their seams.
inline bool begins_inside_character(std::string_view text) noexcept {
  return !text.empty() && (static_cast<unsigned char>(text.front()) & 0xC0) == 0x80;
}

}  // namespace penstock::event
