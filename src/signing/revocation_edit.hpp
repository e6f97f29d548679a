// SPDX-License-Identifier: Apache-2.0
// revocation_edit.hpp: adds to a list of what is revoked, and leaves the rest of it, comments too,
// as its owner wrote it.
//
// Threads  [any]; processes take turns by a lock on the folder
// Errors   carry the file. Nothing is written that could not be read again with all that was in it
#pragma once

#include <string>
#include <string_view>
#include <sys/types.h>
#include <variant>

#include "penstock/result.hpp"
#include "signing/revocations.hpp"

namespace penstock::signing {

struct NewRevocation {
  std::variant<KeyId, Sha256, RevokedVersions> what;
  std::string reason{};  // one line, or empty
};

// The text with one item more.
Result<std::string> add_revocation(std::string_view yaml, const std::string& file,
                                   const NewRevocation& revocation);

// The same on the disk; the file need not be there, its folder must. Readers see the old list or
// the new one. Waits for the disk.
Status write_revocation(const std::string& path, uid_t user, const NewRevocation& revocation);

}  // namespace penstock::signing
