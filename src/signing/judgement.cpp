// SPDX-License-Identifier: Apache-2.0
#include "signing/judgement.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "signing/signature.hpp"

namespace penstock::signing {
namespace {

constexpr const char* sign_again = "ask its publisher for a signature of this very build";

using MaybeRefusal = std::optional<Refusal>;

Refusal refuse(RefusalCode code, std::string reason, std::string fix) {
  return {.code = code, .reason = std::move(reason), .fix = std::move(fix)};
}

// " (lost laptop)", or nothing.
std::string in_brackets(const std::string& reason) {
  return reason.empty() ? std::string() : fmt::format(" ({})", reason);
}

Refusal refuse_unreadable(const Errors& errors) {
  // The parser says what to do after the semicolon.
  const std::string& message = errors.front().message;
  const std::size_t end = message.rfind("; ");
  if (end == std::string::npos) return refuse(RefusalCode::bad_signature, message, sign_again);
  return refuse(RefusalCode::bad_signature, message.substr(0, end), message.substr(end + 2));
}

// ---- the key

MaybeRefusal check_key(const Signature& signature, const TrustStore& store) {
  const std::string id = signature.key.text();
  if (signature.algorithm == Signature::Algorithm::legacy) {
    return refuse(RefusalCode::legacy_signature,
                  "the signature is of the legacy kind, without a hash",
                  "sign it with penstock plugin sign, or with minisign without -l");
  }
  if (const std::string* const reason = store.revocations().of_key(signature.key)) {
    return refuse(
        RefusalCode::key_revoked,
        fmt::format("it is signed by key {}, which is revoked{}", id, in_brackets(*reason)),
        "take a version that is signed by another key");
  }
  if (store.find(signature.key) == nullptr) {
    return refuse(RefusalCode::key_unknown,
                  fmt::format("it is signed by key {}, which is not in the trust store", id),
                  "if you trust its owner, add the key with penstock plugin trust add");
  }
  return std::nullopt;
}

MaybeRefusal check_signature(const TrustedKey& key, const ContentHash& hash,
                             const Signature& signature) {
  switch (verify(key.key, hash.blake2b, signature)) {
    case Verdict::good:
      return std::nullopt;
    case Verdict::wrong_comment:
      return refuse(RefusalCode::bad_signature,
                    "the trusted comment of the signature was changed after it was signed",
                    "take the .minisig file again from where the plugin came from");
    case Verdict::wrong_content:
    case Verdict::other_key:
    case Verdict::legacy:
      break;
  }
  return refuse(
      RefusalCode::bad_signature,
      fmt::format("the signature by key {} does not fit the file", signature.key.text()),
      "the file was changed, or the signature is of another build; install both again, together");
}

// ---- the statement

MaybeRefusal differs(std::string_view what, std::string_view signed_one, std::string_view own) {
  if (signed_one == own) return std::nullopt;
  return refuse(
      RefusalCode::comment_mismatch,
      fmt::format("the signature is for {} {}, and the plugin says {}", what, signed_one, own),
      sign_again);
}

// Both as sets; the linker's order says nothing.
MaybeRefusal check_needed(const Statement& statement, const Claim& claim) {
  if (!statement.needed) return std::nullopt;
  const auto as_text = [](std::vector<std::string> names) {
    std::sort(names.begin(), names.end());
    names.erase(std::unique(names.begin(), names.end()), names.end());
    return fmt::format("{}", fmt::join(names, ","));
  };
  return differs("the libraries", as_text(*statement.needed), as_text(claim.needed));
}

MaybeRefusal check_statement(const Statement& statement, const Claim& claim) {
  const auto abi_text = [](AbiVersion abi) { return fmt::format("{}.{}", abi.major, abi.minor); };
  if (auto found = differs("id", statement.id, claim.id)) return found;
  if (auto found = differs("version", statement.version, claim.version)) return found;
  if (auto found = differs("ABI", abi_text(statement.abi), abi_text(claim.abi))) return found;
  if (auto found = differs("architecture", statement.arch, claim.arch)) return found;
  return check_needed(statement, claim);
}

// ---- the scope

MaybeRefusal check_scope(const TrustedKey& key, const Claim& claim) {
  const auto outside = [&](std::string_view what, std::string_view which) {
    return refuse(RefusalCode::scope,
                  fmt::format("key {} ({}) is not trusted for {} {}", key.key.id.text(),
                              key.scope.label, what, which),
                  fmt::format("if it should be, add that to the scope of {}", key.source));
  };
  if (!key.scope.allows_id(claim.id)) return outside("plugin", claim.id);
  for (const std::string& point : claim.points) {
    if (!key.scope.allows_point(point)) return outside("extension point", point);
  }
  return std::nullopt;
}

MaybeRefusal check_time(const TrustedKey& key, Time now) {
  const Scope& scope = key.scope;
  if (scope.not_before && now < *scope.not_before) {
    return refuse(RefusalCode::not_yet_valid,
                  fmt::format("key {} ({}) is valid from {}, and it is {}", key.key.id.text(),
                              scope.label, format_utc(*scope.not_before), format_utc(now)),
                  "check the clock of this machine");
  }
  if (scope.not_after && now > *scope.not_after) {
    return refuse(RefusalCode::expired,
                  fmt::format("key {} ({}) was valid until {}, and it is {}", key.key.id.text(),
                              scope.label, format_utc(*scope.not_after), format_utc(now)),
                  "take a version that is signed by a newer key");
  }
  return std::nullopt;
}

MaybeRefusal check_serial(const Statement& statement, std::uint64_t floor,
                          const Revocations& revocations) {
  const std::uint64_t minimum = revocations.minimum_serial(statement.id);
  if (statement.serial < minimum) {
    return refuse(RefusalCode::rollback,
                  fmt::format("its serial {} is below {}, the least that is allowed",
                              statement.serial, minimum),
                  "install a newer version");
  }
  if (statement.serial < floor) {
    return refuse(
        RefusalCode::rollback,
        fmt::format("its serial {} is below {}, which was loaded before", statement.serial, floor),
        "install that version or a newer one; to go back on purpose, lower the number in "
        "the plugin's .serial file");
  }
  return std::nullopt;
}

}  // namespace

std::optional<Refusal> find_revocation(const Claim& claim, const ContentHash& hash,
                                       const Revocations& revocations) {
  if (const std::string* const reason = revocations.of_file(hash)) {
    return refuse(RefusalCode::hash_revoked,
                  fmt::format("this very file is revoked{}", in_brackets(*reason)),
                  "install another version");
  }
  if (const std::string* const reason = revocations.of_version(claim.id, claim.version)) {
    return refuse(
        RefusalCode::version_revoked,
        fmt::format("version {} of {} is revoked{}", claim.version, claim.id, in_brackets(*reason)),
        "install another version");
  }
  return std::nullopt;
}

Judgement judge(const Evidence& evidence, const TrustStore& store, Time now) {
  if (auto refusal = find_revocation(evidence.claim, evidence.hash, store.revocations())) {
    return *std::move(refusal);
  }
  if (!evidence.signature) {
    return refuse(RefusalCode::signature_missing, "it has no signature",
                  "install its .minisig file beside it, or pin it by its hash");
  }
  const auto signature = parse_signature(*evidence.signature);
  if (!signature) return refuse_unreadable(signature.errors());
  if (auto refusal = check_key(*signature, store)) return *std::move(refusal);
  const TrustedKey& key = *store.find(signature->key);
  if (auto refusal = check_signature(key, evidence.hash, *signature)) return *std::move(refusal);
  // From here on the trusted comment is what the key's owner wrote.
  auto statement = parse_statement(signature->trusted_comment);
  if (!statement) {
    return refuse(RefusalCode::comment_invalid, statement.errors().front().message,
                  "sign it with penstock plugin sign");
  }
  if (auto refusal = check_statement(*statement, evidence.claim)) return *std::move(refusal);
  if (auto refusal = check_scope(key, evidence.claim)) return *std::move(refusal);
  if (auto refusal = check_time(key, now)) return *std::move(refusal);
  if (auto refusal = check_serial(*statement, evidence.serial_floor, store.revocations())) {
    return *std::move(refusal);
  }
  return Trust{.key = signature->key, .label = key.scope.label, .statement = *std::move(statement)};
}

Judgement judge_any(Evidence evidence, std::span<const std::string> signatures,
                    const TrustStore& store, Time now) {
  evidence.signature.reset();
  if (!signatures.empty()) evidence.signature = signatures.front();
  Judgement first = judge(evidence, store, now);
  for (std::size_t i = 1; i < signatures.size() && trust_of(first) == nullptr; ++i) {
    evidence.signature = signatures[i];
    Judgement judgement = judge(evidence, store, now);
    if (trust_of(judgement) != nullptr) return judgement;
  }
  return first;
}

bool keeps_out(Policy policy, RefusalCode code) noexcept {
  if (policy != Policy::warn) return policy == Policy::enforce;
  switch (code) {
    case RefusalCode::signature_missing:
    case RefusalCode::legacy_signature:
    case RefusalCode::key_unknown:
    case RefusalCode::comment_invalid:
    case RefusalCode::scope:
    case RefusalCode::not_yet_valid:
    case RefusalCode::expired:
    case RefusalCode::rollback:
      return false;
    case RefusalCode::hash_revoked:
    case RefusalCode::version_revoked:
    case RefusalCode::bad_signature:
    case RefusalCode::key_revoked:
    case RefusalCode::comment_mismatch:
      return true;
  }
  return true;
}

}  // namespace penstock::signing
