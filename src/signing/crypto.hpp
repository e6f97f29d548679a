// SPDX-License-Identifier: Apache-2.0
// crypto.hpp: the primitives of signatures, as OpenSSL has them.
//
// Threads  [any]
// Errors   std::runtime_error when OpenSSL cannot do its work (no memory, no provider). What
// depends
//          on the input is an answer.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "signing/bytes.hpp"

namespace penstock::signing {

inline constexpr std::size_t ed25519_key_bytes = 32;
inline constexpr std::size_t ed25519_signature_bytes = 64;

using Ed25519Key = Bytes<ed25519_key_bytes>;
using Ed25519Signature = Bytes<ed25519_signature_bytes>;
using Blake2b512 = Bytes<64>;
using Sha256 = Bytes<32>;

// False as well for every failure on the way: what cannot be verified is not verified.
bool ed25519_verifies(const Ed25519Key& key, ByteView message,
                      const Ed25519Signature& signature) noexcept;
// `seed` is the 32 secret bytes.
Ed25519Signature ed25519_sign(std::span<const unsigned char, 32> seed, ByteView message);
Ed25519Key ed25519_public(std::span<const unsigned char, 32> seed);
// With a key of small order, or one that is spelled in a second way, signatures that hold for any
// message can be made by anybody.
bool ed25519_is_weak(const Ed25519Key& key) noexcept;

Blake2b512 blake2b_512(ByteView message);
Sha256 sha256(ByteView message);

struct ScryptCost {
  std::uint64_t n = 0;
  std::uint64_t r = 0;
  std::uint64_t p = 0;
};
// Fills `key`. Takes 128 * n * r bytes of memory, and time in proportion to n * r * p.
void scrypt(std::string_view password, ByteView salt, ScryptCost cost,
            std::span<unsigned char> key);

// From the generator for secrets.
void fill_random(std::span<unsigned char> bytes);

}  // namespace penstock::signing
