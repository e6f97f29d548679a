// SPDX-License-Identifier: Apache-2.0
#include "event/escape.hpp"

#include <algorithm>
#include <cstring>

#include "event/digits.hpp"
#include "event/scan.hpp"
#include "event/utf8.hpp"

namespace penstock::event {
namespace {

constexpr std::size_t special_room = 16;  // of the longest escape: three times \xNN

// \u00NN
char* put_unicode_escape(char* to, unsigned high, unsigned low) noexcept {
  to[0] = '\\';
  to[1] = 'u';
  return put_hex_byte(put_hex_byte(to + 2, high), low);
}

char* put_hex_escape(char* to, unsigned byte) noexcept {
  to[0] = '\\';
  to[1] = 'x';
  return put_hex_byte(to + 2, byte);
}

// An ASCII character that is special.
template <Escape escape>
char* put_ascii(char* to, unsigned char byte) noexcept {
  char letter = 0;
  if (byte == '\n') letter = 'n';
  if (byte == '\r') letter = 'r';
  if (byte == '\t') letter = 't';
  if constexpr (escape == Escape::json) {
    if (byte == '"' || byte == '\\') letter = static_cast<char>(byte);
  }
  if (letter != 0) {
    to[0] = '\\';
    to[1] = letter;
    return to + 2;
  }
  if constexpr (escape == Escape::json) return put_unicode_escape(to, 0, byte);
  return put_hex_escape(to, byte);
}

// A valid character that is not ASCII.
char* put_character(char* to, const char* text, std::uint32_t size) noexcept {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  if (size == 2 && byte(0) == 0xC2 && byte(1) < 0xA0) return put_unicode_escape(to, 0, byte(1));
  if (size == 3 && byte(0) == 0xE2 && byte(1) == 0x80 && (byte(2) == 0xA8 || byte(2) == 0xA9)) {
    return put_unicode_escape(to, 0x20, byte(2) - 0x80u);
  }
  std::memcpy(to, text, size);
  return to + size;
}

template <Escape escape>
char* put_broken(char* to, const char* text, std::uint32_t size) noexcept {
  if constexpr (escape == Escape::json) {
    return put_text(to, "\xEF\xBF\xBD");
  } else {
    for (std::uint32_t i = 0; i < size; ++i) {
      const auto byte = static_cast<unsigned char>(text[i]);
      if (byte < 0xA0) {
        to = put_hex_escape(to, byte);
      } else {
        *to++ = text[i];
      }
    }
    return to;
  }
}

// The special character at `text`, escaped; moves `to` behind it and gives its size.
template <Escape escape>
std::size_t put_special(char*& to, const char* text, std::size_t left) noexcept {
  const auto byte = static_cast<unsigned char>(*text);
  if (byte < 0x80) {
    to = put_ascii<escape>(to, byte);
    return 1;
  }
  const Utf8Character character = utf8_character(text, left);
  to = character.valid ? put_character(to, text, character.size)
                       : put_broken<escape>(to, text, character.size);
  return character.size;
}

// Looks at 16 bytes at a time, and copies them before it is known how many are clean.
template <Escape escape>
void append_mixed(base::Buffer& out, const char* from, std::size_t left) {
  constexpr std::size_t window = 16;
  while (left != 0) {
    char* to = out.ensure(window + special_room);
    const std::size_t seen = std::min(left, window);
    const std::size_t clean = find_special<escape>(from, seen);
    if (seen == window) {
      std::memcpy(to, from, window);
    } else {
      copy_short(to, {from, clean});
    }
    to += clean;
    std::size_t taken = clean;
    if (clean != seen) taken += put_special<escape>(to, from + clean, left - clean);
    out.commit(to);
    from += taken;
    left -= taken;
  }
}

}  // namespace

template <Escape escape>
void append_escaped(base::Buffer& out, std::string_view text) {
  if constexpr (escape == Escape::text) {
    if (begins_inside_character(text)) [[unlikely]] {
      out.commit(put_hex_escape(out.ensure(special_room), static_cast<unsigned char>(text[0])));
      text.remove_prefix(1);
    }
  }
  const std::size_t clean = find_special<escape>(text.data(), text.size());
  out.append(text.data(), clean);
  if (clean != text.size()) [[unlikely]] {
    append_mixed<escape>(out, text.data() + clean, text.size() - clean);
  }
}

template <>
void append_escaped<Escape::none>(base::Buffer& out, std::string_view text) {
  out.append(text);
}

template void append_escaped<Escape::text>(base::Buffer& out, std::string_view text);
template void append_escaped<Escape::json>(base::Buffer& out, std::string_view text);

}  // namespace penstock::event
