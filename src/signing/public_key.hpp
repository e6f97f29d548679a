// SPDX-License-Identifier: Apache-2.0
// public_key.hpp: public keys, in the form of minisign.
//
// A file has two lines: "untrusted comment: ..." and the base64 of "Ed", the key's id and its 32
// bytes. The id is eight random bytes; it finds a key, and proves nothing.
//
// Threads  [any]
// Errors   which part of the text is wrong, and what to do
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "penstock/result.hpp"
#include "signing/crypto.hpp"

namespace penstock::signing {

struct KeyId {
  Bytes<8> bytes{};

  // Sixteen hexadecimal digits in capitals, as minisign shows them: the last byte first.
  std::string text() const;

  friend bool operator==(const KeyId&, const KeyId&) = default;
  friend bool operator<(const KeyId& a, const KeyId& b) noexcept { return a.bytes < b.bytes; }
};

// minisign leaves leading zeros out, so up to four of them may be missing. More would be a key's id
// that was copied in part.
std::optional<KeyId> parse_key_id(std::string_view text);

struct PublicKey {
  KeyId id{};
  Ed25519Key point{};

  friend bool operator==(const PublicKey&, const PublicKey&) = default;
};

// The file's text, both lines.
Result<PublicKey> parse_public_key(std::string_view text);
// The second line alone, as `minisign -P` takes it.
Result<PublicKey> parse_public_key_line(std::string_view line);

std::string format_public_key(const PublicKey& key);
std::string format_public_key_line(const PublicKey& key);

}  // namespace penstock::signing
