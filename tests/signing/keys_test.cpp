// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "signing/public_key.hpp"
#include "signing/secret_key.hpp"
#include "support.hpp"
#include "vectors.hpp"

namespace penstock::signing {
namespace {

using testing::errors_of;
using ::testing::HasSubstr;
namespace vectors = testing::vectors;

std::string text(std::string_view view) { return std::string(view); }

// ---- public keys

TEST(PublicKey, OfMinisignIsReadAndWrittenAlike) {
  const auto key = parse_public_key(vectors::public_key);
  ASSERT_TRUE(key) << errors_of(key);
  EXPECT_EQ(key->id.text(), vectors::key_id);
  EXPECT_EQ(format_public_key(*key), vectors::public_key);
  EXPECT_EQ(*parse_public_key_line(format_public_key_line(*key)), *key);
}

TEST(PublicKey, ItsIdComesBack) {
  const auto id = parse_key_id(vectors::key_id);
  ASSERT_TRUE(id);
  EXPECT_EQ(id->text(), vectors::key_id);
  EXPECT_EQ(parse_key_id("f872fbc2fb54f7df"), id);
  EXPECT_FALSE(parse_key_id("FBC2FB54F7D"));
  EXPECT_FALSE(parse_key_id(""));
  EXPECT_FALSE(parse_key_id("F872FBC2FB54F7DF0"));
  EXPECT_FALSE(parse_key_id("G872FBC2FB54F7DF"));
}

TEST(PublicKey, ItsIdIsReadWithoutLeadingZerosToo) {
  const auto id = parse_key_id("49F339EF2EB8E52");
  ASSERT_TRUE(id);
  EXPECT_EQ(id->text(), "049F339EF2EB8E52");
}

TEST(PublicKey, WhatIsWrongIsSaid) {
  const std::string good = text(vectors::public_key);
  const auto message = [](const std::string& wrong) { return errors_of(parse_public_key(wrong)); };
  EXPECT_EQ(message(""),
            "the public key is empty; take the .pub file again from the key's owner\n");
  EXPECT_THAT(message(good.substr(0, good.size() - 1)), HasSubstr("ends within line 2"));
  EXPECT_THAT(message(good + "\n"), HasSubstr("more than 2 lines"));
  EXPECT_THAT(message(good.substr(0, good.find('\n') + 1)), HasSubstr("1 of 2 lines"));
  EXPECT_THAT(message(testing::replaced(good, "untrusted", "trusted")),
              HasSubstr("does not begin line 1 with \"untrusted comment: \""));
  EXPECT_THAT(message(testing::replaced(good, "\n", "\r\n")), HasSubstr("carriage return"));
  EXPECT_THAT(message(testing::replaced(good, "RWT", "RW")), HasSubstr("not the 56 of 42 bytes"));
  EXPECT_THAT(message(testing::replaced(good, "RWT", "R!T")), HasSubstr("not base64"));
  EXPECT_THAT(message(testing::replaced(good, "RWT", "AWT")), HasSubstr("not for Ed25519"));
  EXPECT_THAT(message(std::string(5000, 'x')), HasSubstr("5000 bytes, more than the 4096"));
  EXPECT_THAT(message(testing::replaced(good, "minisign", std::string("mini\0ign", 8))),
              HasSubstr("control character 0x00 in line 1"));
}

TEST(PublicKey, ThatAnybodyCanSignForIsRefused) {
  const PublicKey weak{.id = {}, .point = {1}};
  EXPECT_THAT(errors_of(parse_public_key(format_public_key(weak))), HasSubstr("anybody"));
}

// ---- secret keys

TEST(SecretKey, OfMinisignWithoutAPasswordIsReadAndWrittenAlike) {
  const auto locked = parse_secret_key(vectors::open_secret_key);
  ASSERT_TRUE(locked) << errors_of(locked);
  EXPECT_FALSE(locked->needs_password());
  const auto key = locked->unlock("");
  ASSERT_TRUE(key) << errors_of(key);
  EXPECT_EQ(key->public_key(), *parse_public_key(vectors::open_public_key));
  EXPECT_EQ(text_of(*format_secret_key(*key, "")), vectors::open_secret_key);
}

TEST(SecretKey, OfMinisignWithAPasswordIsRead) {
  const auto locked = parse_secret_key(vectors::secret_key);
  ASSERT_TRUE(locked) << errors_of(locked);
  EXPECT_TRUE(locked->needs_password());
  const auto key = locked->unlock(vectors::password);
  ASSERT_TRUE(key) << errors_of(key);
  EXPECT_EQ(key->public_key(), *parse_public_key(vectors::public_key));
  EXPECT_EQ(errors_of(locked->unlock("wrong")), "the password does not fit the secret key\n");
  EXPECT_FALSE(locked->unlock(""));
}

TEST(SecretKey, ComesBackFromItsFile) {
  const SecretKey key = generate_key();
  const auto file = format_secret_key(key, "a password", testing::small_limits);
  ASSERT_TRUE(file) << errors_of(file);
  const auto locked = parse_secret_key(text_of(*file));
  ASSERT_TRUE(locked) << errors_of(locked);
  ASSERT_TRUE(locked->unlock("a password"));
  EXPECT_EQ(locked->unlock("a password")->public_key(), key.public_key());
  EXPECT_TRUE(std::ranges::equal(locked->unlock("a password")->seed(), key.seed()));
  EXPECT_FALSE(locked->unlock("another password"));
}

TEST(SecretKey, IsSaltedAnew) {
  const SecretKey key = generate_key();
  EXPECT_NE(*format_secret_key(key, "p", testing::small_limits),
            *format_secret_key(key, "p", testing::small_limits));
  EXPECT_NE(generate_key().public_key(), generate_key().public_key());
}

TEST(SecretKey, AnyOtherByteInItsFileIsNoticed) {
  const std::string good = text(vectors::open_secret_key);
  const std::size_t second_line = good.find('\n') + 1;
  Bytes<LockedKey::packed_bytes> packed{};
  ASSERT_TRUE(from_base64(std::string_view(good).substr(second_line, 212), packed));
  // The id is covered by the checksum only, which minisign leaves out here, and the salt and the
  // limits serve a password.
  const auto unused = [](std::size_t at) { return at >= 6 && at < 62; };
  for (std::size_t at = 0; at < packed.size(); ++at) {
    if (unused(at)) continue;
    auto wrong = packed;
    wrong[at] ^= 1;
    const auto locked = parse_secret_key(good.substr(0, second_line) + to_base64(wrong) + "\n");
    EXPECT_FALSE(locked && locked->unlock("")) << at;
  }
}

TEST(SecretKey, AFileThatAsksForTooMuchIsRefused) {
  const SecretKey key = generate_key();
  EXPECT_FALSE(format_secret_key(key, "p", {.operations = 1ULL << 40, .memory = 1 << 24}));
  std::string good = text(vectors::secret_key);
  const std::size_t second_line = good.find('\n') + 1;
  Bytes<LockedKey::packed_bytes> packed{};
  ASSERT_TRUE(from_base64(std::string_view(good).substr(second_line, 212), packed));
  for (const std::size_t at : {38U + 7U, 46U + 7U}) {  // the highest bytes of the two limits
    auto greedy = packed;
    greedy[at] = 0x7f;
    const auto locked = parse_secret_key(good.substr(0, second_line) + to_base64(greedy) + "\n");
    ASSERT_TRUE(locked);
    EXPECT_THAT(errors_of(locked->unlock(vectors::password)), HasSubstr("out of range"));
  }
}

TEST(SecretKey, WhatIsWrongIsSaid) {
  const std::string good = text(vectors::secret_key);
  const auto message = [](const std::string& wrong) { return errors_of(parse_secret_key(wrong)); };
  EXPECT_THAT(message(text(vectors::public_key)), HasSubstr("not the 212 of 158 bytes"));
  EXPECT_THAT(message(testing::replaced(good, "RWRT", "AWRT")), HasSubstr("not for Ed25519"));
  EXPECT_THAT(message(testing::replaced(good, "RWRT", "RWRU")), HasSubstr("not by scrypt"));
  EXPECT_THAT(message(testing::replaced(good, "RWRTY0Iy", "RWRTY0Iz")), HasSubstr("BLAKE2b"));
  EXPECT_THAT(message(good + good), HasSubstr("more than 2 lines"));
}

// The numbers that libsodium's own constants give, and those of the files above.
TEST(Kdf, LimitsGiveTheCostThatLibsodiumTakes) {
  const auto expect = [](std::uint64_t operations, std::uint64_t memory, std::uint64_t n,
                         std::uint64_t p) {
    const auto cost = scrypt_cost({.operations = operations, .memory = memory});
    ASSERT_TRUE(cost) << operations << ' ' << memory;
    EXPECT_EQ(cost->n, n);
    EXPECT_EQ(cost->r, 8U);
    EXPECT_EQ(cost->p, p);
  };
  expect(33'554'432, 1'073'741'824, 1U << 20, 1);  // sensitive: the default of minisign
  expect(524'288, 16'777'216, 1U << 14, 1);        // interactive
  expect(32'768, 16'777'216, 1U << 10, 1);         // least
  expect(1, 16'777'216, 1U << 10, 1);              // less than the least
  expect(1'048'576, 33'554'432, 1U << 15, 1);
  expect(4'194'304, 16'777'216, 1U << 14, 8);  // more time than memory
  EXPECT_FALSE(scrypt_cost({.operations = 33'554'432, .memory = 1'073'741'825}));
  EXPECT_FALSE(scrypt_cost({.operations = 1ULL << 62, .memory = 16'777'216}));
  EXPECT_FALSE(scrypt_cost({.operations = 33'554'432, .memory = 0}));
}

}  // namespace
}  // namespace penstock::signing
