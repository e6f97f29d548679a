// SPDX-License-Identifier: Apache-2.0
#include "text.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>

namespace penstock::syslog {
namespace {

constexpr std::string_view replacement = "\xEF\xBF\xBD";          // U+FFFD
constexpr std::string_view line_separator = "\xE2\x80\xA8";       // U+2028
constexpr std::string_view paragraph_separator = "\xE2\x80\xA9";  // U+2029

constexpr bool is_visible(char c) noexcept { return c > ' ' && c < '\x7F'; }
constexpr bool is_control(char c) noexcept {
  return static_cast<unsigned char>(c) < ' ' || c == '\x7F';
}
constexpr bool is_ascii(char c) noexcept { return static_cast<unsigned char>(c) < 0x80; }

constexpr bool ends_sd_name(char c) noexcept { return c == '=' || c == '"' || c == ']'; }
constexpr bool ends_tag(char c) noexcept { return c == '[' || c == ']' || c == ':'; }

// A set of bytes, looked up in a table.
class ByteSet {
 public:
  template <class Test>
  explicit constexpr ByteSet(Test is_in) noexcept {
    for (std::size_t i = 0; i < is_in_.size(); ++i) is_in_[i] = is_in(static_cast<char>(i));
  }
  // How many bytes at the beginning are in it.
  std::size_t at_front_of(std::string_view text) const noexcept {
    std::size_t at = 0;
    while (at < text.size() && is_in_[static_cast<unsigned char>(text[at])]) ++at;
    return at;
  }
  constexpr bool has(char c) const noexcept { return is_in_[static_cast<unsigned char>(c)]; }

 private:
  std::array<bool, 256> is_in_{};
};

constexpr ByteSet visible(is_visible);
constexpr ByteSet of_sd_name([](char c) { return is_visible(c) && !ends_sd_name(c); });
constexpr ByteSet of_tag([](char c) { return is_visible(c) && !ends_tag(c); });
constexpr ByteSet sd_plain_kept([](char c) {
  return is_ascii(c) && c != '"' && c != '\\' && c != ']';
});
constexpr ByteSet sd_plain_escaped([](char c) { return sd_plain_kept.has(c) && !is_control(c); });

// Other bytes become '_'.
void append_only(Bytes& out, std::string_view text, std::size_t max, const ByteSet& allowed) {
  text = text.substr(0, max);
  const std::size_t fine = allowed.at_front_of(text);
  out += text.substr(0, fine);
  for (const char c : text.substr(fine)) out += allowed.has(c) ? c : '_';
}

// Whether there is a byte among eight that is no ASCII or, when it would be escaped, a control.
template <Controls controls>
bool has_other(const char* eight) noexcept {
  constexpr std::uint64_t ones = 0x0101010101010101U;
  constexpr std::uint64_t tops = 0x8080808080808080U;
  std::uint64_t word = 0;
  std::memcpy(&word, eight, sizeof word);
  std::uint64_t found = word;
  if constexpr (controls == Controls::escape) {
    const std::uint64_t del = word ^ (ones * 0x7F);
    found |= ((word - ones * ' ') & ~word) | ((del - ones) & ~del);
  }
  return (found & tops) != 0;
}

// How many bytes at the beginning are none of these.
template <Controls controls>
std::size_t plain_bytes(std::string_view text) noexcept {
  const char* const begin = text.data();
  std::size_t at = 0;
  if (text.size() >= 8) {
    const std::size_t last = text.size() - 8;
    while (at < last && !has_other<controls>(begin + at)) at += 8;
    if (at >= last && !has_other<controls>(begin + last)) return text.size();
    at = std::min(at, last);
  }
  while (at < text.size() && is_ascii(text[at]) &&
         (controls == Controls::keep || !is_control(text[at]))) {
    ++at;
  }
  return at;
}

std::size_t plain_bytes(std::string_view text, Controls controls) noexcept {
  return controls == Controls::keep ? plain_bytes<Controls::keep>(text)
                                    : plain_bytes<Controls::escape>(text);
}

void append_control(Bytes& out, char c) {
  constexpr std::string_view digits = "0123456789abcdef";
  switch (c) {
    case '\n':
      out += "\\n";
      return;
    case '\r':
      out += "\\r";
      return;
    case '\t':
      out += "\\t";
      return;
    default:
      out += "\\x";
      out += digits[static_cast<unsigned char>(c) >> 4U];
      out += digits[static_cast<unsigned char>(c) & 15U];
  }
}

// Controls beyond ASCII, some of which end a line for some readers: U+0080 .. U+009F, and the
// separators of lines and of paragraphs.
bool is_wide_control(std::string_view character) noexcept {
  const bool is_c1 = character.size() == 2 && character[0] == '\xC2' &&
                     static_cast<unsigned char>(character[1]) < 0xA0;
  return is_c1 || character == line_separator || character == paragraph_separator;
}

void append_wide_control(Bytes& out, std::string_view character) {
  if (character == line_separator) {
    out += "\\u2028";
  } else if (character == paragraph_separator) {
    out += "\\u2029";
  } else {
    append_control(out, character.back());  // its code is its second byte
  }
}

// A character that is not ASCII, or U+FFFD for a byte that begins none. Returns the bytes taken.
// `before_escape` stands in front of what is written as an escape.
std::size_t append_character(Bytes& out, std::string_view text, Controls controls,
                             std::string_view before_escape) {
  const std::size_t bytes = character_bytes(text);
  const std::string_view character = bytes == 0 ? replacement : text.substr(0, bytes);
  if (controls == Controls::escape && is_wide_control(character)) {
    out += before_escape;
    append_wide_control(out, character);
  } else {
    out += character;
  }
  return std::max<std::size_t>(bytes, 1);
}

}  // namespace

std::size_t character_bytes(std::string_view text) noexcept {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = byte(0);
  if (first < 0x80) return 1;
  const std::size_t bytes = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
  if (first < 0xC2 || first > 0xF4 || text.size() < bytes) return 0;
  for (std::size_t i = 1; i < bytes; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return 0;
  }
  // The long way to write a short one, surrogates, and what is beyond the last one.
  const unsigned char second = byte(1);
  if ((first == 0xE0 && second < 0xA0) || (first == 0xED && second > 0x9F) ||
      (first == 0xF0 && second < 0x90) || (first == 0xF4 && second > 0x8F)) {
    return 0;
  }
  return bytes;
}

void append_header(Bytes& out, std::string_view text, std::size_t max) {
  if (text.empty()) {
    out += '-';
    return;
  }
  append_only(out, text, max, visible);
}

void append_tag(Bytes& out, std::string_view text, std::size_t max) {
  append_only(out, text, max, of_tag);
}

void append_sd_name(Bytes& out, std::string_view text) {
  if (text.empty()) {
    out += '_';
    return;
  }
  append_only(out, text, sd_name_max, of_sd_name);
}

bool is_sd_name(std::string_view text) noexcept {
  return !text.empty() && text.size() <= sd_name_max && of_sd_name.at_front_of(text) == text.size();
}

std::size_t append_text(Bytes& out, std::string_view text, Controls controls, std::size_t max) {
  const std::size_t begin = out.size();
  std::string_view left = text;
  while (!left.empty()) {
    const std::size_t room = max - (out.size() - begin);
    const std::size_t plain = plain_bytes(left.substr(0, room), controls);
    out += left.substr(0, plain);
    left.remove_prefix(plain);
    if (left.empty() || plain == room) break;
    const std::size_t before = out.size();
    std::size_t taken = 1;
    if (is_ascii(left.front())) {
      append_control(out, left.front());
    } else {
      taken = append_character(out, left, controls, {});
    }
    if (out.size() - begin > max) {
      out.cut(before);
      break;
    }
    left.remove_prefix(taken);
  }
  return text.size() - left.size();
}

void append_sd_value(Bytes& out, std::string_view text, Controls controls) {
  const ByteSet& plain = controls == Controls::keep ? sd_plain_kept : sd_plain_escaped;
  while (!text.empty()) {
    const std::size_t size = plain.at_front_of(text);
    out += text.substr(0, size);
    text.remove_prefix(size);
    if (text.empty()) return;
    const char c = text.front();
    std::size_t taken = 1;
    if (!is_ascii(c)) {
      taken = append_character(out, text, controls, "\\");
    } else {
      out +=
          '\\';  // of a control too: so that a reader of the RFC sees the backslash of its escape
      if (is_control(c)) {
        append_control(out, c);
      } else {
        out += c;
      }
    }
    text.remove_prefix(taken);
  }
}

}  // namespace penstock::syslog
