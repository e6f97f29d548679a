// SPDX-License-Identifier: Apache-2.0
#include "signing/crypto.hpp"

#include <gtest/gtest.h>

#include "signing/blake2b.hpp"
#include "support/run.hpp"

namespace penstock::signing {
namespace {

template <std::size_t N>
Bytes<N> hex(std::string_view text) {
  Bytes<N> bytes{};
  EXPECT_TRUE(from_hex(text, bytes)) << text;
  return bytes;
}

// RFC 8032, 7.1, tests 1 and 2.
TEST(Ed25519, KnowsTheExamplesOfTheStandard) {
  const auto seed1 = hex<32>("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60");
  const auto point1 = hex<32>("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a");
  const auto signature1 = hex<64>(
      "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701c"
      "f9b46bd25bf5f0595bbe24655141438e7a100b");
  EXPECT_EQ(ed25519_public(seed1), point1);
  EXPECT_EQ(ed25519_sign(seed1, {}), signature1);
  EXPECT_TRUE(ed25519_verifies(point1, {}, signature1));

  const auto seed2 = hex<32>("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb");
  const auto point2 = hex<32>("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c");
  const auto signature2 = hex<64>(
      "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0"
      "f11d8c387b2eaeb4302aeeb00d291612bb0c00");
  EXPECT_EQ(ed25519_public(seed2), point2);
  EXPECT_EQ(ed25519_sign(seed2, hex<1>("72")), signature2);
  EXPECT_TRUE(ed25519_verifies(point2, hex<1>("72"), signature2));
  EXPECT_FALSE(ed25519_verifies(point2, hex<1>("73"), signature2));
  EXPECT_FALSE(ed25519_verifies(point1, hex<1>("72"), signature2));
}

// A second spelling of a signature: its number S plus the order of the group.
TEST(Ed25519, RefusesASignatureInItsSecondSpelling) {
  Bytes<32> seed{1, 2, 3};
  const Ed25519Signature good = ed25519_sign(seed, bytes_of("message"));
  const auto order = hex<32>("edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010");
  Ed25519Signature second = good;
  unsigned carry = 0;
  for (std::size_t i = 0; i < order.size(); ++i) {
    carry += second[32 + i] + order[i];
    second[32 + i] = static_cast<unsigned char>(carry);
    carry >>= 8;
  }
  EXPECT_TRUE(ed25519_verifies(ed25519_public(seed), bytes_of("message"), good));
  EXPECT_FALSE(ed25519_verifies(ed25519_public(seed), bytes_of("message"), second));
}

// With the neutral element as key, and it as R and 0 as S, the equation holds for any message.
TEST(Ed25519, KnowsTheKeysThatAnybodyCanSignFor) {
  const Ed25519Key neutral{1};
  Ed25519Signature forged{1};
  EXPECT_TRUE(ed25519_verifies(neutral, bytes_of("any message"), forged));
  EXPECT_TRUE(ed25519_is_weak(neutral));
  for (const char* text : {
           "0000000000000000000000000000000000000000000000000000000000000000",
           "0000000000000000000000000000000000000000000000000000000000000080",
           "0100000000000000000000000000000000000000000000000000000000000080",
           "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
           "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
           "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
           "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
           "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
           "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
           "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
           "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
       }) {
    EXPECT_TRUE(ed25519_is_weak(hex<32>(text))) << text;
  }
  auto random = test::random_stream();
  for (int i = 0; i < 100; ++i) {
    Bytes<32> seed{};
    for (unsigned char& byte : seed) byte = static_cast<unsigned char>(random());
    EXPECT_FALSE(ed25519_is_weak(ed25519_public(seed)));
  }
}

// RFC 7914, 12.
TEST(Scrypt, KnowsTheExampleOfTheStandard) {
  Bytes<64> key{};
  scrypt("pleaseletmein", bytes_of("SodiumChloride"), {.n = 16384, .r = 8, .p = 1}, key);
  EXPECT_EQ(to_hex(key),
            "7023bdcb3afd7348461c06cd81fd38ebfda8fbba904f8e3ea9b543f6545da1f2"
            "d5432955613f0fcf62d49705242a9af9e61e85dc0d651e40dfcf017b45575887");
  scrypt("", bytes_of(""), {.n = 16, .r = 1, .p = 1}, key);
  EXPECT_EQ(to_hex(key),
            "77d6576238657b203b19ca42c18a0497f16b4844e3074ae8dfdffa3fede21442"
            "fcd0069ded0948f8326a753a0fc81f17e8d3e0fb2e0d3628cf35e20c38d18906");
}

TEST(Random, IsDifferentEachTime) {
  Bytes<32> first{};
  Bytes<32> second{};
  fill_random(first);
  fill_random(second);
  EXPECT_NE(first, second);
}

TEST(Blake2b, KnowsPublishedExamples) {
  EXPECT_EQ(to_hex(blake2b_512(bytes_of("abc"))),
            "ba80a53f981c4d0d6a2797b69f12f6e94c212f14685ac4b74b12bb6fdbffa2d1"
            "7d87c5392aab792dc252d5de4533cc9518d38aa8dbf1925ab92386edd4009923");
  Bytes<32> digest{};
  blake2b({}, digest);
  EXPECT_EQ(to_hex(digest), "0e5751c026e543b2e8ab2eb06099daa1d1e5df47778f7787faab45cdf12fe3a8");
}

// The two share all but the size in the first word.
TEST(Blake2b, AgreesWithOpenSslForEveryLength) {
  auto random = test::random_stream();
  std::vector<unsigned char> message;
  for (int size = 0; size < 600; ++size) {
    Blake2b512 digest{};
    blake2b(message, digest);
    ASSERT_EQ(digest, blake2b_512(message)) << size;
    message.push_back(static_cast<unsigned char>(random()));
  }
}

}  // namespace
}  // namespace penstock::signing
