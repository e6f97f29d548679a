// SPDX-License-Identifier: Apache-2.0
// secret_key.hpp: secret keys, in the form of minisign, with a password or without.
//
// A file has two lines: "untrusted comment: ..." and the base64 of 158 bytes: "Ed", "Sc" (or two
// zero bytes: no password), "B2", salt, the two limits of scrypt, and then id, key and checksum,
// which are xored with what scrypt makes of the password.
//
// Threads  [any]
// Bound    unlocking takes at most scrypt_memory_max bytes; a file that asks for more is refused
// Errors   which part of the text is wrong, and what to do; std::runtime_error as in crypto.hpp
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <utility>

#include "penstock/result.hpp"
#include "signing/public_key.hpp"

namespace penstock::signing {

// Wiped when it ends, or moves on.
class SecretKey final {
 public:
  using Seed = std::span<const unsigned char, 32>;

  SecretKey(KeyId id, Seed seed)
      : id_(id), seed_(seed.begin(), seed.end()), point_(ed25519_public(seed)) {}
  SecretKey(SecretKey&&) noexcept = default;
  SecretKey& operator=(SecretKey&&) = delete;
  ~SecretKey() = default;

  PublicKey public_key() const noexcept { return {.id = id_, .point = point_}; }
  Seed seed() const noexcept { return Seed(seed_); }

 private:
  KeyId id_;
  SecretBytes seed_;
  Ed25519Key point_;
};

SecretKey generate_key();

// ---- the password

inline constexpr std::uint64_t scrypt_memory_max = 1024ULL * 1024 * 1024;

// The limits as the file has them, in the units of libsodium; they give N, r and p.
struct KdfLimits {
  std::uint64_t operations = 33'554'432;
  std::uint64_t memory = 1'073'741'824;
};

// Empty when they ask for more than scrypt_memory_max, or for more than sixteen times the default's
// time.
std::optional<ScryptCost> scrypt_cost(KdfLimits limits) noexcept;

// ---- files

// What a file holds before a password is given.
class LockedKey final {
 public:
  static constexpr std::size_t packed_bytes = 158;

  // `packed` has that many bytes.
  explicit LockedKey(SecretBytes packed) : packed_(std::move(packed)) {}

  bool needs_password() const noexcept;
  // Takes seconds, and a GiB of memory, with minisign's own limits. A password that is not needed
  // is not looked at.
  Result<SecretKey> unlock(std::string_view password) const;

 private:
  SecretBytes packed_;
};

Result<LockedKey> parse_secret_key(std::string_view text);

// The file's text. With an empty password it is not encrypted, as by `minisign -G -W`.
Result<SecretBytes> format_secret_key(const SecretKey& key, std::string_view password,
                                      KdfLimits limits = {});

}  // namespace penstock::signing
