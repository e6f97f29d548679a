// SPDX-License-Identifier: Apache-2.0
#include "signing/bytes.hpp"

#include <cstdint>

#include <openssl/crypto.h>

namespace penstock::signing {
namespace {

constexpr std::string_view letters =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::string_view hex_digits = "0123456789abcdef";

// What the letter stands for; 64 and more when it is none.
constexpr std::uint32_t sextet(char letter) {
  const std::size_t index = letters.find(letter);
  return index == std::string_view::npos ? 64U : static_cast<std::uint32_t>(index);
}

constexpr std::uint32_t nibble(char digit) {
  if (digit >= 'A' && digit <= 'F') digit = static_cast<char>(digit - 'A' + 'a');
  const std::size_t index = hex_digits.find(digit);
  return index == std::string_view::npos ? 16U : static_cast<std::uint32_t>(index);
}

template <class Text>
void encode(ByteView bytes, Text& target) {
  const auto add = [&](std::uint32_t word, std::size_t count) {
    for (std::size_t i = 0; i < 4; ++i) {
      const char letter = i < count ? letters[(word >> (18 - 6 * i)) & 63U] : '=';
      target.push_back(static_cast<typename Text::value_type>(letter));
    }
  };
  for (; bytes.size() >= 3; bytes = bytes.subspan(3)) {
    add(std::uint32_t{bytes[0]} << 16 | std::uint32_t{bytes[1]} << 8 | bytes[2], 4);
  }
  if (bytes.size() == 1) add(std::uint32_t{bytes[0]} << 16, 2);
  if (bytes.size() == 2) add(std::uint32_t{bytes[0]} << 16 | std::uint32_t{bytes[1]} << 8, 3);
}

}  // namespace

std::string to_base64(ByteView bytes) {
  std::string text;
  text.reserve(base64_size(bytes.size()));
  encode(bytes, text);
  return text;
}

void append_base64(ByteView bytes, SecretBytes& target) { encode(bytes, target); }

bool from_base64(std::string_view text, std::span<unsigned char> bytes) noexcept {
  if (text.size() != base64_size(bytes.size())) return false;
  for (std::size_t at = 0; !bytes.empty(); at += 4) {
    const std::size_t count = bytes.size() < 3 ? bytes.size() : 3;
    std::uint32_t word = 0;
    for (std::size_t i = 0; i < 4; ++i) {
      const bool padding = i > count;
      const std::uint32_t six = padding ? 0 : sextet(text[at + i]);
      if (six > 63 || (padding && text[at + i] != '=')) return false;
      word = word << 6 | six;
    }
    const std::uint32_t left_over = count == 3 ? 0 : word & ((1U << (24 - 8 * count)) - 1);
    if (left_over != 0) return false;
    for (std::size_t i = 0; i < count; ++i) {
      bytes[i] = static_cast<unsigned char>(word >> (16 - 8 * i));
    }
    bytes = bytes.subspan(count);
  }
  return true;
}

std::string to_hex(ByteView bytes) {
  std::string text;
  text.reserve(2 * bytes.size());
  for (const unsigned char byte : bytes) {
    text += hex_digits[byte >> 4];
    text += hex_digits[byte & 15U];
  }
  return text;
}

bool from_hex(std::string_view text, std::span<unsigned char> bytes) noexcept {
  if (text.size() != 2 * bytes.size()) return false;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const std::uint32_t high = nibble(text[2 * i]);
    const std::uint32_t low = nibble(text[2 * i + 1]);
    if (high > 15 || low > 15) return false;
    bytes[i] = static_cast<unsigned char>(high << 4 | low);
  }
  return true;
}

void wipe(std::span<unsigned char> bytes) noexcept { OPENSSL_cleanse(bytes.data(), bytes.size()); }

bool equal_in_constant_time(ByteView a, ByteView b) noexcept {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace penstock::signing
