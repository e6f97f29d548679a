// SPDX-License-Identifier: Apache-2.0
// judgement.hpp: whether a plugin may be believed to be what it says it is.
//
// Pure: no files, no clock. Whoever calls has read the manifest out of the same bytes that it
// hashed, and loads these bytes and no others.
//
// Threads  [any]
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "signing/content_hash.hpp"
#include "signing/policy.hpp"
#include "signing/statement.hpp"
#include "signing/trust_store.hpp"

namespace penstock::signing {

// What the plugin says about itself, in its manifest and its ELF headers.
struct Claim {
  std::string id{};
  std::string version{};
  AbiVersion abi{};
  std::string arch{};
  std::vector<std::string> points{};  // that it provides
  std::vector<std::string> needed{};  // libraries that it is linked with
};

struct Evidence {
  const Claim& claim;
  const ContentHash& hash;
  std::optional<std::string_view> signature{};  // the text of the file; empty: there is none
  std::uint64_t serial_floor = 0;               // see serial_floors.hpp
};

enum class RefusalCode {
  hash_revoked,       // this very file
  version_revoked,    // this version of it
  signature_missing,  // nobody vouches for it
  bad_signature,      // cannot be read, or is of other bytes, or was changed
  legacy_signature,   // of the kind without a hash
  key_revoked,        // somebody else may have the key
  key_unknown,        // not in the trust store
  comment_invalid,    // made for something that is no plugin
  comment_mismatch,   // made for another plugin, version, ABI, ...
  scope,              // by a key that is not trusted for this plugin
  not_yet_valid,      // by a key whose time has not come
  expired,            // by a key whose time is over
  rollback,           // an older one than was loaded before, or than is allowed
};

inline constexpr std::array<std::string_view, 13> refusal_words = {
    "hash-revoked",  "version-revoked", "signature-missing", "bad-signature",    "legacy-signature",
    "key-revoked",   "key-unknown",     "comment-invalid",   "comment-mismatch", "scope",
    "not-yet-valid", "expired",         "rollback"};

// These words do not change; people put them into alerts.
constexpr std::string_view word(RefusalCode code) noexcept {
  return refusal_words[static_cast<std::size_t>(code)];
}

struct Refusal {
  RefusalCode code = RefusalCode::signature_missing;
  std::string reason{};
  std::string fix{};
};

struct Trust {
  KeyId key{};
  std::string label{};
  Statement statement{};  // its serial is the next floor
};

using Judgement = std::variant<Trust, Refusal>;

inline const Trust* trust_of(const Judgement& judgement) noexcept {
  return std::get_if<Trust>(&judgement);
}
inline const Refusal* refusal_of(const Judgement& judgement) noexcept {
  return std::get_if<Refusal>(&judgement);
}

Judgement judge(const Evidence& evidence, const TrustStore& store, Time now);

// Of several signatures one that is trusted is enough; otherwise the first one's refusal.
// `evidence.signature` is not looked at.
Judgement judge_any(Evidence evidence, std::span<const std::string> signatures,
                    const TrustStore& store, Time now);

// The part of it that holds whatever the root of trust is, also for a plugin that is pinned by its
// hash. Empty when it is not revoked.
std::optional<Refusal> find_revocation(const Claim& claim, const ContentHash& hash,
                                       const Revocations& revocations);

// Whether such a plugin stays out. `warn` lets in what nobody vouches for, but not what is known to
// be bad, or was tampered with.
bool keeps_out(Policy policy, RefusalCode code) noexcept;

}  // namespace penstock::signing
