// SPDX-License-Identifier: Apache-2.0
#include "signing/judgement.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "signing/signature.hpp"
#include "support.hpp"
#include "vectors.hpp"

namespace penstock::signing {
namespace {

using testing::at;
using testing::errors_of;
using ::testing::HasSubstr;
namespace vectors = testing::vectors;

// A plugin that everything is right about; each test spoils one thing.
class JudgementTest : public ::testing::Test {
 protected:
  void SetUp() override {
    scope = *parse_scope(
        "label: Example Ltd\nids: [org.example.*]\npoints: [penstock.sink/1, penstock.source/1]\n"
        "not_before: 2026-01-01T00:00:00Z\nnot_after: 2027-01-01T00:00:00Z\n",
        "example.yaml");
  }

  std::string sign_it() const { return sign_with(key, comment()); }
  std::string comment() const {
    const auto text = format_statement(statement);
    EXPECT_TRUE(text) << errors_of(text);
    return *text;
  }
  std::string sign_with(const SecretKey& signer, std::string_view trusted_comment) const {
    return format_signature(*sign(signer, blake2b_512(bytes_of(content)), trusted_comment));
  }

  TrustStore store() const {
    TrustStore result;
    EXPECT_TRUE(result.add(
        {.key = key.public_key(), .scope = scope, .source = "/etc/penstock/trust.d/example.pub"}));
    auto parsed = parse_revocations(revoked, "revoked.yaml");
    EXPECT_TRUE(parsed) << errors_of(parsed);
    result.set_revocations(*parsed);
    return result;
  }

  Judgement judge_text(std::optional<std::string_view> signature) const {
    const ContentHash hash = hash_content(bytes_of(content));
    return judge({.claim = claim, .hash = hash, .signature = signature, .serial_floor = floor},
                 store(), now);
  }

  // The code's word, or "trusted".
  std::string outcome(std::optional<std::string_view> signature) {
    const Judgement judgement = judge_text(signature);
    last = refusal_of(judgement) != nullptr ? *refusal_of(judgement) : Refusal{};
    if (trust_of(judgement) != nullptr) return "trusted";
    EXPECT_FALSE(last.reason.empty() || last.fix.empty());
    return std::string(word(last.code));
  }
  std::string outcome() { return outcome(sign_it()); }

  const SecretKey key = generate_key();
  Claim claim{.id = "org.example.kafka",
              .version = "1.2.3",
              .abi = {.major = 1, .minor = 0},
              .arch = "x86_64",
              .points = {"penstock.sink/1"},
              .needed = {"librdkafka.so.1", "libc.so.6"}};
  Statement statement{.id = claim.id,
                      .version = claim.version,
                      .abi = claim.abi,
                      .arch = claim.arch,
                      .serial = 10,
                      .signed_at = at("2026-06-01T00:00:00Z"),
                      .needed = {{"libc.so.6", "librdkafka.so.1"}}};
  std::string content = "the bytes of a plugin";
  Scope scope;
  std::string revoked{};
  std::uint64_t floor = 10;
  Time now = at("2026-07-01T00:00:00Z");
  Refusal last;
};

TEST_F(JudgementTest, APluginThatEverythingIsRightAboutIsTrusted) {
  const Judgement judgement = judge_text(sign_it());
  ASSERT_NE(trust_of(judgement), nullptr) << refusal_of(judgement)->reason;
  EXPECT_EQ(trust_of(judgement)->key, key.public_key().id);
  EXPECT_EQ(trust_of(judgement)->label, "Example Ltd");
  EXPECT_EQ(trust_of(judgement)->statement, statement);
}

TEST_F(JudgementTest, ASignatureOfMinisignIsAsGood) {
  content = vectors::content;
  claim = {.id = "org.example.demo", .version = "1.2.3", .abi = {1, 0}, .arch = "x86_64"};
  TrustStore trusted;
  ASSERT_TRUE(trusted.add({.key = *parse_public_key(vectors::public_key), .scope = scope}));
  const ContentHash hash = hash_content(bytes_of(content));
  const Judgement judgement =
      judge({.claim = claim, .hash = hash, .signature = vectors::signature}, trusted, now);
  ASSERT_NE(trust_of(judgement), nullptr) << refusal_of(judgement)->reason;
  EXPECT_EQ(trust_of(judgement)->statement.serial, 7U);
}

// ---- the signature

TEST_F(JudgementTest, WithoutASignatureItIsRefused) {
  EXPECT_EQ(outcome(std::nullopt), "signature-missing");
}

TEST_F(JudgementTest, AnEmptyOrShortSignatureIsBad) {
  const std::string good = sign_it();
  for (std::size_t size = 0; size < good.size(); ++size) {
    EXPECT_EQ(outcome(good.substr(0, size)), "bad-signature") << size;
  }
  EXPECT_EQ(outcome(""), "bad-signature");
  EXPECT_EQ(last.reason, "the signature is empty");
  EXPECT_EQ(last.fix, "take the .minisig file again from where the plugin came from");
}

TEST_F(JudgementTest, ALegacySignatureIsRefusedAsSuch) {
  EXPECT_EQ(outcome(vectors::legacy_signature), "legacy-signature");
}

TEST_F(JudgementTest, TrailingAndMissingBytesAreNoticed) {
  const std::string signature = sign_it();
  const std::string whole = content;
  content = whole + "x";
  EXPECT_EQ(outcome(signature), "bad-signature");
  content = whole + '\0';
  EXPECT_EQ(outcome(signature), "bad-signature");
  for (std::size_t size = 0; size < whole.size(); ++size) {
    content = whole.substr(0, size);
    EXPECT_EQ(outcome(signature), "bad-signature") << size;
  }
}

TEST_F(JudgementTest, AnyOtherBitOfTheFileIsNoticed) {
  const std::string signature = sign_it();
  const std::string whole = content;
  for (std::size_t i = 0; i < 8 * whole.size(); ++i) {
    content = whole;
    content[i / 8] = static_cast<char>(content[i / 8] ^ static_cast<char>(1U << (i % 8)));
    EXPECT_EQ(outcome(signature), "bad-signature") << i;
  }
}

// All but the words of the untrusted comment.
TEST_F(JudgementTest, AnyOtherBitOfTheSignatureIsNoticed) {
  const std::string good = sign_it();
  const std::size_t unsigned_end = good.find('\n');
  for (std::size_t i = 0; i < 8 * good.size(); ++i) {
    if (i / 8 >= 19 && i / 8 < unsigned_end) continue;
    std::string wrong = good;
    wrong[i / 8] = static_cast<char>(wrong[i / 8] ^ static_cast<char>(1U << (i % 8)));
    EXPECT_NE(outcome(wrong), "trusted") << i;
  }
}

TEST_F(JudgementTest, AChangedCommentIsNoticed) {
  const std::string wrong = testing::replaced(sign_it(), "serial=10", "serial=11");
  EXPECT_EQ(outcome(wrong), "bad-signature");
  EXPECT_THAT(last.reason, HasSubstr("trusted comment"));
}

TEST_F(JudgementTest, ASignatureOfAnotherVersionIsNoticed) {
  const std::string old = sign_it();
  content += ", newer";
  EXPECT_EQ(outcome(old), "bad-signature");
}

// ---- the key

TEST_F(JudgementTest, AnUnknownKeyIsRefused) {
  const SecretKey other = generate_key();
  EXPECT_EQ(outcome(sign_with(other, comment())), "key-unknown");
  EXPECT_THAT(last.reason, HasSubstr(other.public_key().id.text()));
}

// The id finds a key, and proves nothing.
TEST_F(JudgementTest, AnotherKeyUnderAKnownIdIsRefused) {
  const SecretKey impostor(key.public_key().id, generate_key().seed());
  EXPECT_EQ(outcome(sign_with(impostor, comment())), "bad-signature");
}

TEST_F(JudgementTest, ARevokedKeyIsRefused) {
  revoked = "keys: [{id: " + key.public_key().id.text() + ", reason: lost laptop}]\n";
  EXPECT_EQ(outcome(), "key-revoked");
  EXPECT_THAT(last.reason, HasSubstr("(lost laptop)"));
}

// ---- what is revoked

TEST_F(JudgementTest, ARevokedFileIsRefusedWhoeverSignedIt) {
  revoked = "files: ['sha256:" + to_hex(sha256(bytes_of(content))) + "']\n";
  EXPECT_EQ(outcome(), "hash-revoked");
  EXPECT_EQ(outcome(std::nullopt), "hash-revoked");
  revoked = "files: ['blake2b:" + to_hex(blake2b_512(bytes_of(content))) + "']\n";
  EXPECT_EQ(outcome(), "hash-revoked");
}

TEST_F(JudgementTest, ARevokedVersionIsRefused) {
  revoked = "versions: [{id: org.example.kafka, from: 1.2.0, before: 1.2.4}]\n";
  EXPECT_EQ(outcome(), "version-revoked");
  revoked = "versions: [{id: org.example.kafka, from: 1.2.4}]\n";
  EXPECT_EQ(outcome(), "trusted");
  revoked = "versions: [{id: org.example.other}]\n";
  EXPECT_EQ(outcome(), "trusted");
}

TEST_F(JudgementTest, WhatIsRevokedCanBeAskedAlone) {
  const auto revocations = *parse_revocations("versions: [{id: org.example.kafka}]\n", "r");
  const ContentHash hash = hash_content(bytes_of(content));
  EXPECT_EQ(find_revocation(claim, hash, revocations)->code, RefusalCode::version_revoked);
  EXPECT_FALSE(find_revocation(claim, hash, {}));
}

// ---- no way back

TEST_F(JudgementTest, AnOlderOneThanWasLoadedIsRefused) {
  EXPECT_EQ(outcome(), "trusted") << "the same again";
  floor = 11;
  EXPECT_EQ(outcome(), "rollback");
  floor = 0;
  EXPECT_EQ(outcome(), "trusted");
}

TEST_F(JudgementTest, AnOlderOneThanIsAllowedIsRefused) {
  revoked = "minimum_serials: {org.example.kafka: 11}\n";
  EXPECT_EQ(outcome(), "rollback");
  revoked = "minimum_serials: {org.example.kafka: 10}\n";
  EXPECT_EQ(outcome(), "trusted");
}

// ---- the statement

TEST_F(JudgementTest, ASignatureOfSomethingElseIsNotOneOfAPlugin) {
  for (const char* text : {"timestamp:1\tfile:kafka.so\thashed", "", "penstock2 id=x"}) {
    EXPECT_EQ(outcome(sign_with(key, text)), "comment-invalid") << text;
  }
}

// The right hash, the right key, and a comment about another plugin.
TEST_F(JudgementTest, AnotherIdInTheCommentIsRefused) {
  statement.id = "org.example.harmless";
  EXPECT_EQ(outcome(), "comment-mismatch");
  EXPECT_EQ(last.reason,
            "the signature is for id org.example.harmless, and the plugin says org.example.kafka");
}

TEST_F(JudgementTest, AnythingElseInTheCommentIsRefused) {
  const Statement good = statement;
  const auto with = [&](auto change) {
    statement = good;
    change(statement);
    return outcome();
  };
  const std::string mismatch = "comment-mismatch";
  EXPECT_EQ(with([](Statement& s) { s.version = "1.2.4"; }), mismatch);
  EXPECT_EQ(with([](Statement& s) { s.version = "1.2.3+build"; }), mismatch);
  EXPECT_EQ(with([](Statement& s) { s.abi.major = 2; }), mismatch);
  EXPECT_EQ(with([](Statement& s) { s.abi.minor = 1; }), mismatch);
  EXPECT_EQ(with([](Statement& s) { s.arch = "aarch64"; }), mismatch);
  EXPECT_EQ(with([](Statement& s) { s.needed = {{"libc.so.6"}}; }), mismatch);
  EXPECT_EQ(with([](Statement& s) { s.needed->emplace_back("libssl.so.3"); }), mismatch);
  EXPECT_EQ(with([](Statement& s) { s.needed.reset(); }), "trusted");
}

// ---- the scope

TEST_F(JudgementTest, AKeySignsNoPluginOutsideItsScope) {
  claim.id = statement.id = "org.other.kafka";
  EXPECT_EQ(outcome(), "scope");
  EXPECT_THAT(last.fix, HasSubstr("/etc/penstock/trust.d/example.pub"));
}

TEST_F(JudgementTest, AKeySignsNoExtensionPointOutsideItsScope) {
  claim.points = {"penstock.sink/1", "penstock.processor/1"};
  EXPECT_EQ(outcome(), "scope");
  claim.points = {"penstock.sink/1", "penstock.source/1"};
  EXPECT_EQ(outcome(), "trusted");
}

TEST_F(JudgementTest, AKeyHasItsTime) {
  now = at("2025-12-31T23:59:59Z");
  EXPECT_EQ(outcome(), "not-yet-valid");
  EXPECT_THAT(last.fix, HasSubstr("clock"));
  now = at("2026-01-01T00:00:00Z");
  EXPECT_EQ(outcome(), "trusted");
  now = at("2027-01-01T00:00:00Z");
  EXPECT_EQ(outcome(), "trusted");
  now = at("2027-01-01T00:00:01Z");
  EXPECT_EQ(outcome(), "expired");
}

// ---- several signatures

TEST_F(JudgementTest, OneOfSeveralSignaturesIsEnough) {
  const ContentHash hash = hash_content(bytes_of(content));
  const Evidence evidence{.claim = claim, .hash = hash, .serial_floor = floor};
  const std::string unknown = sign_with(generate_key(), comment());
  const auto of = [&](const std::vector<std::string>& signatures) {
    const Judgement judgement = judge_any(evidence, signatures, store(), now);
    const Refusal* const refusal = refusal_of(judgement);
    return refusal == nullptr ? std::string("trusted") : std::string(word(refusal->code));
  };
  EXPECT_EQ(of({}), "signature-missing");
  EXPECT_EQ(of({unknown}), "key-unknown");
  EXPECT_EQ(of({unknown, ""}), "key-unknown");
  EXPECT_EQ(of({unknown, sign_it()}), "trusted");
  EXPECT_EQ(of({sign_it(), unknown}), "trusted");
  revoked = "versions: [{id: org.example.kafka}]\n";
  EXPECT_EQ(of({unknown, sign_it()}), "version-revoked");
}

// ---- words and policies

TEST(RefusalCode, HasAWordThatStays) {
  EXPECT_EQ(word(RefusalCode::hash_revoked), "hash-revoked");
  EXPECT_EQ(word(RefusalCode::signature_missing), "signature-missing");
  EXPECT_EQ(word(RefusalCode::comment_mismatch), "comment-mismatch");
  EXPECT_EQ(word(RefusalCode::scope), "scope");
  EXPECT_EQ(word(RefusalCode::rollback), "rollback");
}

TEST(Policy, DecidesWhatStaysOut) {
  for (std::size_t i = 0; i < refusal_words.size(); ++i) {
    const auto code = static_cast<RefusalCode>(i);
    EXPECT_TRUE(keeps_out(Policy::enforce, code));
    EXPECT_FALSE(keeps_out(Policy::off, code));
  }
  EXPECT_FALSE(keeps_out(Policy::warn, RefusalCode::signature_missing));
  EXPECT_FALSE(keeps_out(Policy::warn, RefusalCode::key_unknown));
  EXPECT_TRUE(keeps_out(Policy::warn, RefusalCode::bad_signature));
  EXPECT_TRUE(keeps_out(Policy::warn, RefusalCode::hash_revoked));
  EXPECT_TRUE(keeps_out(Policy::warn, RefusalCode::comment_mismatch));
}

}  // namespace
}  // namespace penstock::signing
