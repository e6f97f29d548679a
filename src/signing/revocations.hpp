// SPDX-License-Identifier: Apache-2.0
// revocations.hpp: what is trusted no longer, whoever signed it.
//
//   keys:
//     - {id: AB8F7644E4497FF5, reason: lost laptop}
//   files:                              # as sha256sum or b2sum give them
//     - sha256:9f86d0...
//   versions:                           # from: the first bad one; before: the first good one
//     - {id: org.example.kafka, from: 1.0.0, before: 1.2.3, reason: loses events}
//   minimum_serials:
//     org.example.kafka: 12
//
// An item of `keys` and `files` is either text or a mapping with `id` and `reason`.
//
// Threads  [any]
// Errors   carry the file, the line and the column; all of them, not the first
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "penstock/result.hpp"
#include "signing/content_hash.hpp"
#include "signing/plugin_id.hpp"
#include "signing/public_key.hpp"
#include "signing/version.hpp"

namespace penstock::signing {

struct RevokedVersions {
  IdPattern id;
  std::optional<Version> from{};    // left out: from the first
  std::optional<Version> before{};  // left out: without end
  std::string reason{};

  // A version that cannot be read may be any, so it is one of them.
  bool contains(std::string_view plugin, std::string_view version) const;
};

struct Revocations {
  // Each with its reason, which may be empty.
  std::map<KeyId, std::string> keys{};
  std::map<Sha256, std::string> sha256{};
  std::map<Blake2b512, std::string> blake2b{};
  std::vector<RevokedVersions> versions{};
  std::map<std::string, std::uint64_t, std::less<>> minimum_serials{};

  // The reasons; null when it is not revoked.
  const std::string* of_key(const KeyId& id) const;
  const std::string* of_file(const ContentHash& hash) const;
  const std::string* of_version(std::string_view plugin, std::string_view version) const;
  // 0 when there is none.
  std::uint64_t minimum_serial(std::string_view plugin) const;
};

Result<Revocations> parse_revocations(std::string_view yaml, const std::string& file);

}  // namespace penstock::signing
