// SPDX-License-Identifier: Apache-2.0
#include "signing/crypto.hpp"

#include <algorithm>
#include <memory>
#include <stdexcept>

#include <openssl/evp.h>
#include <openssl/rand.h>

namespace penstock::signing {
namespace {

struct FreeKey {
  void operator()(EVP_PKEY* key) const noexcept { EVP_PKEY_free(key); }
  void operator()(EVP_MD_CTX* context) const noexcept { EVP_MD_CTX_free(context); }
};
using Key = std::unique_ptr<EVP_PKEY, FreeKey>;
using Context = std::unique_ptr<EVP_MD_CTX, FreeKey>;

void expect(bool done, const char* what) {
  if (!done) throw std::runtime_error(what);
}

Key private_key(std::span<const unsigned char, 32> seed) {
  Key key(EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr, seed.data(), seed.size()));
  expect(key != nullptr, "OpenSSL cannot take an Ed25519 key");
  return key;
}

template <std::size_t N>
Bytes<N> digest(const EVP_MD* kind, ByteView message) {
  Bytes<N> result{};
  unsigned int size = 0;
  const int done = EVP_Digest(message.data(), message.size(), result.data(), &size, kind, nullptr);
  expect(done == 1 && size == N, "OpenSSL cannot make a digest");
  return result;
}

// The encodings of y, without the sign of x, that belong to a point of small order: those below p
// (0, 1, -1 and the two of order 8). Tested against the curve's equation.
constexpr std::array<Ed25519Key, 5> weak_points = {{
    {},
    {1},
    {0xec, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
     0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
     0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f},
    {0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3, 0xf4,
     0x89, 0xf2, 0xef, 0x98, 0xf0, 0xd5, 0xdf, 0xac, 0x05, 0xd3, 0xc6,
     0x33, 0x39, 0xb1, 0x38, 0x02, 0x88, 0x6d, 0x53, 0xfc, 0x05},
    {0xc7, 0x17, 0x6a, 0x70, 0x3d, 0x4d, 0xd8, 0x4f, 0xba, 0x3c, 0x0b,
     0x76, 0x0d, 0x10, 0x67, 0x0f, 0x2a, 0x20, 0x53, 0xfa, 0x2c, 0x39,
     0xcc, 0xc6, 0x4e, 0xc7, 0xfd, 0x77, 0x92, 0xac, 0x03, 0x7a},
}};

}  // namespace

bool ed25519_verifies(const Ed25519Key& key, ByteView message,
                      const Ed25519Signature& signature) noexcept {
  const Key public_key(
      EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, key.data(), key.size()));
  const Context context(EVP_MD_CTX_new());
  return public_key != nullptr && context != nullptr &&
         EVP_DigestVerifyInit(context.get(), nullptr, nullptr, nullptr, public_key.get()) == 1 &&
         EVP_DigestVerify(context.get(), signature.data(), signature.size(), message.data(),
                          message.size()) == 1;
}

Ed25519Signature ed25519_sign(std::span<const unsigned char, 32> seed, ByteView message) {
  const Key key = private_key(seed);
  const Context context(EVP_MD_CTX_new());
  Ed25519Signature signature{};
  std::size_t size = signature.size();
  const bool done =
      context != nullptr &&
      EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, key.get()) == 1 &&
      EVP_DigestSign(context.get(), signature.data(), &size, message.data(), message.size()) == 1;
  expect(done && size == signature.size(), "OpenSSL cannot make an Ed25519 signature");
  return signature;
}

Ed25519Key ed25519_public(std::span<const unsigned char, 32> seed) {
  const Key key = private_key(seed);
  Ed25519Key result{};
  std::size_t size = result.size();
  const int done = EVP_PKEY_get_raw_public_key(key.get(), result.data(), &size);
  expect(done == 1 && size == result.size(), "OpenSSL cannot make an Ed25519 public key");
  return result;
}

bool ed25519_is_weak(const Ed25519Key& key) noexcept {
  Ed25519Key y = key;
  y[31] &= 0x7f;
  // p is 2^255 - 19, so y is below it unless all but the lowest byte are full.
  const bool second_spelling =
      y[0] >= 0xed && y[31] == 0x7f &&
      std::all_of(y.begin() + 1, y.end() - 1, [](unsigned char byte) { return byte == 0xff; });
  return second_spelling ||
         std::find(weak_points.begin(), weak_points.end(), y) != weak_points.end();
}

Blake2b512 blake2b_512(ByteView message) { return digest<64>(EVP_blake2b512(), message); }

Sha256 sha256(ByteView message) { return digest<32>(EVP_sha256(), message); }

void scrypt(std::string_view password, ByteView salt, ScryptCost cost,
            std::span<unsigned char> key) {
  // OpenSSL wants to be told what it may use; the caller has bounded the cost.
  const std::uint64_t memory_max = 128 * cost.r * (cost.n + cost.p + 2) + 4096;
  const int done = EVP_PBE_scrypt(password.data() == nullptr ? "" : password.data(),
                                  password.size(), salt.data(), salt.size(), cost.n, cost.r, cost.p,
                                  memory_max, key.data(), key.size());
  expect(done == 1, "OpenSSL cannot derive a key by scrypt; there may be too little memory");
}

void fill_random(std::span<unsigned char> bytes) {
  expect(RAND_priv_bytes(bytes.data(), static_cast<int>(bytes.size())) == 1,
         "OpenSSL has no random bytes");
}

}  // namespace penstock::signing
