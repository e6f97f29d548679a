// SPDX-License-Identifier: Apache-2.0
//
// signing_fuzz.cpp: any bytes as each of the files that signing reads. The first byte chooses
// which. What is checked: nothing is read in two ways, so what is accepted comes out the same when
// it is written again; and a signature of a known key holds only when it is the one that was made.
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include "signing/judgement.hpp"
#include "signing/revocations.hpp"
#include "signing/scope.hpp"
#include "signing/secret_key.hpp"
#include "signing/signature.hpp"
#include "signing/statement.hpp"

namespace {

using namespace penstock::signing;

void expect(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "does not hold: %s\n", what);
  std::abort();
}

// An error has words, and they are one line.
template <class Result>
void expect_reason(const Result& result) {
  if (result.ok()) return;
  expect(!result.errors().empty(), "a refusal has a reason");
  for (const penstock::Error& error : result.errors()) {
    expect(!error.message.empty(), "a reason has words");
  }
}

const SecretKey& known_key() {
  static const SecretKey key(KeyId{{1, 2, 3, 4, 5, 6, 7, 8}}, Bytes<32>{1, 2, 3});
  return key;
}

// A signature of the one that the corpus has, by the known key.
void try_signature(std::string_view text) {
  static const Blake2b512 hash = blake2b_512(bytes_of("content"));
  const auto signature = parse_signature(text);
  expect_reason(signature);
  if (!signature) return;
  expect(format_signature(*signature) == text, "a signature has one spelling");
  if (verify(known_key().public_key(), hash, *signature) != Verdict::good) return;
  auto again = sign(known_key(), hash, signature->trusted_comment);
  expect(again.ok(), "what holds can be signed");
  again->untrusted_comment = signature->untrusted_comment;
  expect(format_signature(*again) == text, "only what was signed holds");
}

void try_public_key(std::string_view text) {
  const auto key = parse_public_key(text);
  expect_reason(key);
  if (!key) return;
  const std::string written = format_public_key(*key);
  expect(written.substr(written.find('\n')) == text.substr(text.find('\n')),
         "a key has one spelling");
}

void try_secret_key(std::string_view text) {
  const auto locked = parse_secret_key(text);
  expect_reason(locked);
  // With a password it would take scrypt a second for each try.
  if (!locked || locked->needs_password()) return;
  const auto key = locked->unlock("");
  expect_reason(key);
}

void try_statement(std::string_view text) {
  const auto statement = parse_statement(text);
  expect_reason(statement);
  if (!statement) return;
  const auto written = format_statement(*statement);
  expect(written.ok() && *written == text, "a statement has one spelling");
}

void try_scope(std::string_view text) {
  const auto scope = parse_scope(text, "scope.yaml");
  expect_reason(scope);
  if (scope) expect(!scope->ids.empty(), "a scope names plugins");
}

void try_revocations(std::string_view text) {
  const auto revocations = parse_revocations(text, "revoked.yaml");
  expect_reason(revocations);
  if (!revocations) return;
  const Claim claim{.id = "org.example.kafka", .version = "1.2.3"};
  (void)find_revocation(claim, hash_content(bytes_of("content")), *revocations);
}

void judge_all(std::string_view text) {
  static const ContentHash hash = hash_content(bytes_of("content"));
  static const Claim claim{
      .id = "org.example.demo", .version = "1.2.3", .abi = {1, 0}, .arch = "x86_64"};
  static const TrustStore store = [] {
    TrustStore made;
    (void)made.add({.key = known_key().public_key(), .scope = Scope::everything("known")});
    return made;
  }();
  const Judgement judgement =
      judge({.claim = claim, .hash = hash, .signature = text}, store, Time{});
  const Refusal* const refusal = refusal_of(judgement);
  expect(refusal == nullptr || (!refusal->reason.empty() && !refusal->fix.empty()),
         "a refusal has a reason and a fix");
  expect(refusal != nullptr || trust_of(judgement)->statement.id == claim.id,
         "what is trusted is what is claimed");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  switch (data[0]) {
    case 's':
      try_signature(text);
      break;
    case 'p':
      try_public_key(text);
      break;
    case 'k':
      try_secret_key(text);
      break;
    case 't':
      try_statement(text);
      break;
    case 'y':
      try_scope(text);
      break;
    case 'r':
      try_revocations(text);
      break;
    default:
      judge_all(text);
      break;
  }
  return 0;
}
