// SPDX-License-Identifier: Apache-2.0
#include "signing/public_key.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "signing/lines.hpp"

namespace penstock::signing {
namespace {

constexpr TextKind kind = {.name = "the public key",
                           .fix = "take the .pub file again from the key's owner"};
constexpr std::string_view algorithm = "Ed";
constexpr std::size_t id_at = 2;
constexpr std::size_t point_at = 10;
using Packed = Bytes<42>;

Result<PublicKey> read_line(std::string_view line, std::size_t number) {
  Packed packed{};
  if (Status status = read_base64_line(kind, line, number, packed); !status) {
    return status.errors();
  }
  if (!std::equal(algorithm.begin(), algorithm.end(), packed.begin())) {
    return text_error(kind, "is not for Ed25519");
  }
  PublicKey key;
  std::copy_n(packed.begin() + id_at, key.id.bytes.size(), key.id.bytes.begin());
  std::copy_n(packed.begin() + point_at, key.point.size(), key.point.begin());
  if (ed25519_is_weak(key.point)) {
    return text_error(kind, "is one for which anybody can make signatures");
  }
  return key;
}

}  // namespace

std::string KeyId::text() const {
  Bytes<8> reversed = bytes;
  std::reverse(reversed.begin(), reversed.end());
  return fmt::format("{:02X}", fmt::join(reversed, ""));
}

std::optional<KeyId> parse_key_id(std::string_view text) {
  constexpr std::size_t digits = 16;
  constexpr std::size_t zeros_max = 4;
  if (text.size() > digits || text.size() + zeros_max < digits) return std::nullopt;
  KeyId id;
  if (!from_hex(fmt::format("{:0>{}}", text, digits), id.bytes)) return std::nullopt;
  std::reverse(id.bytes.begin(), id.bytes.end());
  return id;
}

Result<PublicKey> parse_public_key(std::string_view text) {
  auto lines = read_lines(kind, text, 2);
  if (!lines) return lines.errors();
  const auto comment = after_prefix(kind, lines->front(), 1, untrusted_prefix);
  if (!comment) return comment.errors();
  return read_line(lines->back(), 2);
}

Result<PublicKey> parse_public_key_line(std::string_view line) { return read_line(line, 1); }

std::string format_public_key_line(const PublicKey& key) {
  Packed packed{};
  std::copy(algorithm.begin(), algorithm.end(), packed.begin());
  std::copy(key.id.bytes.begin(), key.id.bytes.end(), packed.begin() + id_at);
  std::copy(key.point.begin(), key.point.end(), packed.begin() + point_at);
  return to_base64(packed);
}

std::string format_public_key(const PublicKey& key) {
  return fmt::format("{}minisign public key {}\n{}\n", untrusted_prefix, key.id.text(),
                     format_public_key_line(key));
}

}  // namespace penstock::signing
