// SPDX-License-Identifier: Apache-2.0
#include "signing/signature.hpp"

#include <algorithm>
#include <optional>
#include <vector>

#include <fmt/format.h>

#include "signing/lines.hpp"

namespace penstock::signing {
namespace {

constexpr TextKind kind = {.name = "the signature",
                           .fix = "take the .minisig file again from where the plugin came from"};
constexpr std::string_view comment = "signature from penstock secret key";
constexpr std::size_t id_at = 2;
constexpr std::size_t signature_at = 10;
using Packed = Bytes<74>;

std::string_view word_of(Signature::Algorithm algorithm) {
  return algorithm == Signature::Algorithm::legacy ? "Ed" : "ED";
}

std::optional<Signature::Algorithm> algorithm_of(const Packed& packed) {
  for (const auto algorithm : {Signature::Algorithm::prehashed, Signature::Algorithm::legacy}) {
    const std::string_view word = word_of(algorithm);
    if (std::equal(word.begin(), word.end(), packed.begin())) return algorithm;
  }
  return std::nullopt;
}

std::vector<unsigned char> globally_signed(const Ed25519Signature& content,
                                           std::string_view trusted_comment) {
  std::vector<unsigned char> message(content.begin(), content.end());
  message.insert(message.end(), trusted_comment.begin(), trusted_comment.end());
  return message;
}

}  // namespace

Result<Signature> parse_signature(std::string_view text) {
  auto lines = read_lines(kind, text, 4);
  if (!lines) return lines.errors();
  const auto untrusted = after_prefix(kind, (*lines)[0], 1, untrusted_prefix);
  if (!untrusted) return untrusted.errors();
  const auto trusted = after_prefix(kind, (*lines)[2], 3, trusted_prefix);
  if (!trusted) return trusted.errors();
  Packed packed{};
  Signature signature{.untrusted_comment = std::string(*untrusted),
                      .trusted_comment = std::string(*trusted)};
  if (Status status = read_base64_line(kind, (*lines)[1], 2, packed); !status) {
    return status.errors();
  }
  if (Status status = read_base64_line(kind, (*lines)[3], 4, signature.global); !status) {
    return status.errors();
  }
  const auto algorithm = algorithm_of(packed);
  if (!algorithm) return text_error(kind, "is of a kind that is not known (not Ed25519)");
  signature.algorithm = *algorithm;
  std::copy_n(packed.begin() + id_at, signature.key.bytes.size(), signature.key.bytes.begin());
  std::copy_n(packed.begin() + signature_at, signature.content.size(), signature.content.begin());
  return signature;
}

std::string format_signature(const Signature& signature) {
  Packed packed{};
  const std::string_view word = word_of(signature.algorithm);
  std::copy(word.begin(), word.end(), packed.begin());
  std::ranges::copy(signature.key.bytes, packed.begin() + id_at);
  std::ranges::copy(signature.content, packed.begin() + signature_at);
  return fmt::format("{}{}\n{}\n{}{}\n{}\n", untrusted_prefix, signature.untrusted_comment,
                     to_base64(packed), trusted_prefix, signature.trusted_comment,
                     to_base64(signature.global));
}

Verdict verify(const PublicKey& key, const Blake2b512& content, const Signature& signature) {
  if (signature.algorithm == Signature::Algorithm::legacy) return Verdict::legacy;
  if (signature.key != key.id) return Verdict::other_key;
  if (!ed25519_verifies(key.point, content, signature.content)) return Verdict::wrong_content;
  const auto message = globally_signed(signature.content, signature.trusted_comment);
  if (!ed25519_verifies(key.point, message, signature.global)) return Verdict::wrong_comment;
  return Verdict::good;
}

Result<Signature> sign(const SecretKey& key, const Blake2b512& content,
                       std::string_view trusted_comment) {
  if (!is_comment(trusted_comment)) {
    return Error{.message = "a comment cannot hold control characters"};
  }
  Signature signature{.key = key.public_key().id,
                      .content = ed25519_sign(key.seed(), content),
                      .untrusted_comment = std::string(comment),
                      .trusted_comment = std::string(trusted_comment)};
  const auto message = globally_signed(signature.content, trusted_comment);
  signature.global = ed25519_sign(key.seed(), message);
  if (format_signature(signature).size() > signing_file_bytes_max) {
    return Error{.message = fmt::format("a comment of {} bytes makes a signature of more than {}",
                                        trusted_comment.size(), signing_file_bytes_max)};
  }
  return signature;
}

}  // namespace penstock::signing
