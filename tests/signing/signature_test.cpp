// SPDX-License-Identifier: Apache-2.0
#include "signing/signature.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support.hpp"
#include "vectors.hpp"

namespace penstock::signing {
namespace {

using testing::errors_of;
using ::testing::HasSubstr;
namespace vectors = testing::vectors;

const Blake2b512 hash = blake2b_512(bytes_of(vectors::content));

Verdict verify_text(const PublicKey& key, const Blake2b512& content, std::string_view text) {
  const auto signature = parse_signature(text);
  return signature ? verify(key, content, *signature) : Verdict::wrong_content;
}

TEST(Signature, OfMinisignHolds) {
  const auto signature = parse_signature(vectors::signature);
  ASSERT_TRUE(signature) << errors_of(signature);
  EXPECT_EQ(signature->key.text(), vectors::key_id);
  EXPECT_EQ(signature->trusted_comment, vectors::statement);
  EXPECT_EQ(verify(*parse_public_key(vectors::public_key), hash, *signature), Verdict::good);
  EXPECT_EQ(format_signature(*signature), vectors::signature);
}

TEST(Signature, OfMinisignWithItsOwnCommentHolds) {
  const auto key = parse_public_key(vectors::open_public_key);
  EXPECT_EQ(verify_text(*key, hash, vectors::open_signature), Verdict::good);
}

TEST(Signature, OfTheLegacyKindIsReadAndNotBelieved) {
  const auto signature = parse_signature(vectors::legacy_signature);
  ASSERT_TRUE(signature) << errors_of(signature);
  EXPECT_EQ(signature->algorithm, Signature::Algorithm::legacy);
  EXPECT_EQ(verify(*parse_public_key(vectors::open_public_key), hash, *signature), Verdict::legacy);
}

// The algorithm is outside of what is signed.
TEST(Signature, OfTheLegacyKindIsNotBelievedUnderTheOtherName) {
  auto signature = *parse_signature(vectors::legacy_signature);
  signature.algorithm = Signature::Algorithm::prehashed;
  EXPECT_EQ(verify(*parse_public_key(vectors::open_public_key), hash, signature),
            Verdict::wrong_content);
}

TEST(Signature, IsWhatMinisignMakesOfTheSameKeyAndComment) {
  const auto key = parse_secret_key(vectors::open_secret_key)->unlock("");
  ASSERT_TRUE(key);
  auto signature = sign(*key, hash, "timestamp:1795415658\tfile:c\thashed");
  ASSERT_TRUE(signature);
  signature->untrusted_comment = "signature from minisign secret key";
  EXPECT_EQ(format_signature(*signature), vectors::open_signature);
}

TEST(Signature, SaysWhatDoesNotFit) {
  const SecretKey key = generate_key();
  const SecretKey other = generate_key();
  const auto signature = *sign(key, hash, "a comment");
  EXPECT_EQ(verify(key.public_key(), hash, signature), Verdict::good);
  EXPECT_EQ(verify(other.public_key(), hash, signature), Verdict::other_key);
  EXPECT_EQ(verify({.id = key.public_key().id, .point = other.public_key().point}, hash, signature),
            Verdict::wrong_content);
  EXPECT_EQ(verify(key.public_key(), blake2b_512(bytes_of("other")), signature),
            Verdict::wrong_content);
  auto changed = signature;
  changed.trusted_comment = "a commenT";
  EXPECT_EQ(verify(key.public_key(), hash, changed), Verdict::wrong_comment);
  changed.trusted_comment = "";
  EXPECT_EQ(verify(key.public_key(), hash, changed), Verdict::wrong_comment);
}

// The comment of one signature cannot be moved to another, of the same key and the same file even.
TEST(Signature, ItsCommentBelongsToItAlone) {
  const SecretKey key = generate_key();
  const auto first = *sign(key, hash, "serial=1");
  auto second = *sign(key, blake2b_512(bytes_of("other")), "serial=2");
  second.trusted_comment = first.trusted_comment;
  second.global = first.global;
  EXPECT_EQ(verify(key.public_key(), blake2b_512(bytes_of("other")), second),
            Verdict::wrong_comment);
}

// All but the untrusted comment, which is not signed.
TEST(Signature, NoBitOfItsFileCanBeChanged) {
  const auto key = *parse_public_key(vectors::public_key);
  const std::string good(vectors::signature);
  const std::size_t comment_at = std::string_view("untrusted comment: ").size();
  const std::size_t comment_end = good.find('\n');
  for (std::size_t at = 0; at < good.size(); ++at) {
    for (unsigned bit = 0; bit < 8; ++bit) {
      if (at >= comment_at && at < comment_end) continue;
      std::string wrong = good;
      wrong[at] = static_cast<char>(wrong[at] ^ static_cast<char>(1U << bit));
      EXPECT_NE(verify_text(key, hash, wrong), Verdict::good) << at << ", bit " << bit;
    }
  }
}

TEST(Signature, NoBitOfItsContentCanBeChanged) {
  const auto key = *parse_public_key(vectors::public_key);
  const auto signature = *parse_signature(vectors::signature);
  const std::string good(vectors::content);
  for (std::size_t at = 0; at < good.size(); ++at) {
    for (unsigned bit = 0; bit < 8; ++bit) {
      std::string wrong = good;
      wrong[at] = static_cast<char>(wrong[at] ^ static_cast<char>(1U << bit));
      EXPECT_NE(verify(key, blake2b_512(bytes_of(wrong)), signature), Verdict::good);
    }
    EXPECT_NE(verify(key, blake2b_512(bytes_of(good.substr(0, at))), signature), Verdict::good);
  }
}

TEST(Signature, NothingCanBeCutOffOrAdded) {
  const auto key = *parse_public_key(vectors::public_key);
  const std::string good(vectors::signature);
  for (std::size_t size = 0; size < good.size(); ++size) {
    EXPECT_NE(verify_text(key, hash, good.substr(0, size)), Verdict::good) << size;
  }
  for (int byte = 0; byte < 256; ++byte) {
    EXPECT_FALSE(parse_signature(good + static_cast<char>(byte))) << byte;
  }
  EXPECT_FALSE(parse_signature("\n" + good));
  EXPECT_FALSE(parse_signature("\xEF\xBB\xBF" + good));
}

TEST(Signature, WhatIsWrongWithItIsSaid) {
  const std::string good(vectors::signature);
  const auto message = [](const std::string& wrong) { return errors_of(parse_signature(wrong)); };
  EXPECT_EQ(message(""),
            "the signature is empty; take the .minisig file again from where the plugin came "
            "from\n");
  EXPECT_THAT(message("x"), HasSubstr("ends within line 1"));
  EXPECT_THAT(message(std::string(vectors::public_key)), HasSubstr("2 of 4 lines"));
  EXPECT_THAT(message(good + good), HasSubstr("more than 4 lines"));
  EXPECT_THAT(message(testing::replaced(good, "\ntrusted", "\nTrusted")),
              HasSubstr("does not begin line 3 with \"trusted comment: \""));
  EXPECT_THAT(message(testing::replaced(good, "RUT", "RXT")), HasSubstr("kind that is not known"));
  EXPECT_THAT(message(testing::replaced(good, "==\n", "=\n")),
              HasSubstr("87 characters in line 4, not the 88 of 64 bytes"));
  EXPECT_THAT(message(testing::replaced(good, "penstock1", "pen\x1bstock")),
              HasSubstr("control character 0x1b in line 3"));
  EXPECT_THAT(message(good + std::string(4096, '\n')), HasSubstr("more than the 4096"));
}

TEST(Sign, RefusesACommentThatIsNoLine) {
  const SecretKey key = generate_key();
  EXPECT_FALSE(sign(key, hash, "two\nlines"));
  EXPECT_FALSE(sign(key, hash, std::string_view("nul\0", 4)));
  EXPECT_FALSE(sign(key, hash, std::string(4096, 'x')));
  const auto longest = sign(key, hash, std::string(3000, 'x'));
  ASSERT_TRUE(longest);
  EXPECT_EQ(verify_text(key.public_key(), hash, format_signature(*longest)), Verdict::good);
}

}  // namespace
}  // namespace penstock::signing
