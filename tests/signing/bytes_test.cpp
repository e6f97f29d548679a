// SPDX-License-Identifier: Apache-2.0
#include "signing/bytes.hpp"

#include <gtest/gtest.h>
#include <openssl/evp.h>

#include "support/run.hpp"

namespace penstock::signing {
namespace {

TEST(Base64, KnowsTheExamplesOfTheStandard) {
  EXPECT_EQ(to_base64(bytes_of("")), "");
  EXPECT_EQ(to_base64(bytes_of("f")), "Zg==");
  EXPECT_EQ(to_base64(bytes_of("fo")), "Zm8=");
  EXPECT_EQ(to_base64(bytes_of("foo")), "Zm9v");
  EXPECT_EQ(to_base64(bytes_of("foob")), "Zm9vYg==");
  EXPECT_EQ(to_base64(bytes_of("fooba")), "Zm9vYmE=");
  EXPECT_EQ(to_base64(bytes_of("foobar")), "Zm9vYmFy");
}

TEST(Base64, RandomBytesComeBackAndAgreeWithOpenSsl) {
  auto random = test::random_stream();
  for (std::size_t size = 0; size < 200; ++size) {
    std::vector<unsigned char> bytes(size);
    for (unsigned char& byte : bytes) byte = static_cast<unsigned char>(random());
    const std::string text = to_base64(bytes);
    std::vector<unsigned char> other(base64_size(size) + 1);
    EVP_EncodeBlock(other.data(), bytes.data(), static_cast<int>(size));
    EXPECT_EQ(text, reinterpret_cast<const char*>(other.data()));
    std::vector<unsigned char> back(size);
    EXPECT_TRUE(from_base64(text, back));
    EXPECT_EQ(back, bytes);
  }
}

TEST(Base64, HasOneSpellingOnly) {
  Bytes<1> one{};
  Bytes<2> two{};
  Bytes<3> three{};
  EXPECT_TRUE(from_base64("Zg==", one));
  EXPECT_FALSE(from_base64("Zh==", one)) << "bits left over";
  EXPECT_FALSE(from_base64("Zg=", one));
  EXPECT_FALSE(from_base64("Zg", one));
  EXPECT_FALSE(from_base64("Zg=a", one));
  EXPECT_FALSE(from_base64("Zm8=", one)) << "another size";
  EXPECT_TRUE(from_base64("Zm8=", two));
  EXPECT_FALSE(from_base64("Zm9=", two)) << "bits left over";
  EXPECT_FALSE(from_base64("Zg==", two));
  EXPECT_TRUE(from_base64("Zm9v", three));
  EXPECT_FALSE(from_base64("Zm9v\n", three));
  EXPECT_FALSE(from_base64(" m9v", three));
  EXPECT_FALSE(from_base64("Zm-v", three)) << "the letters for URLs";
  EXPECT_FALSE(from_base64(std::string_view("Zm\0v", 4), three));
}

TEST(Hex, ComesBackInAnyCase) {
  Bytes<3> bytes{};
  EXPECT_TRUE(from_hex("00aFf9", bytes));
  EXPECT_EQ(to_hex(bytes), "00aff9");
  EXPECT_FALSE(from_hex("00aff", bytes));
  EXPECT_FALSE(from_hex("00afg9", bytes));
  EXPECT_FALSE(from_hex("00aff900", bytes));
}

TEST(Secrets, AreEqualOrNot) {
  EXPECT_TRUE(equal_in_constant_time(bytes_of("abc"), bytes_of("abc")));
  EXPECT_FALSE(equal_in_constant_time(bytes_of("abc"), bytes_of("abd")));
  EXPECT_FALSE(equal_in_constant_time(bytes_of("abc"), bytes_of("ab")));
}

TEST(Secrets, AreWiped) {
  Bytes<16> bytes{};
  bytes.fill(7);
  wipe(bytes);
  EXPECT_EQ(bytes, Bytes<16>{});
}

}  // namespace
}  // namespace penstock::signing
