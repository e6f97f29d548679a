// SPDX-License-Identifier: Apache-2.0
// signature.hpp: detached signatures of files, in the form of minisign.
//
// A file has four lines: "untrusted comment: ..."; the base64 of the algorithm, the key's id and
// the signature of the content's BLAKE2b-512; "trusted comment: ..."; and the base64 of a signature
// of the signature and the trusted comment. So the trusted comment is as good as the content.
//
// Threads  [any]
// Errors   which part of the text is wrong, and what to do; std::runtime_error as in crypto.hpp
#pragma once

#include <string>
#include <string_view>

#include "penstock/result.hpp"
#include "signing/public_key.hpp"
#include "signing/secret_key.hpp"

namespace penstock::signing {

struct Signature {
  // legacy: of the content itself, by minisign -l. It is read so that it can be told from a broken
  // one; it never verifies.
  enum class Algorithm { prehashed, legacy };

  Algorithm algorithm = Algorithm::prehashed;
  KeyId key{};
  Ed25519Signature content{};
  std::string untrusted_comment{};
  std::string trusted_comment{};
  Ed25519Signature global{};
};

Result<Signature> parse_signature(std::string_view text);
std::string format_signature(const Signature& signature);

enum class [[nodiscard]] Verdict{
    good,          legacy,
    other_key,      // made by a key with another id
    wrong_content,  // not of this content, or not by this key
    wrong_comment,  // of this content, but the trusted comment was changed
};

Verdict verify(const PublicKey& key, const Blake2b512& content, const Signature& signature);

// Fails when the comment holds control characters or would make the file too large.
Result<Signature> sign(const SecretKey& key, const Blake2b512& content,
                       std::string_view trusted_comment);

}  // namespace penstock::signing
