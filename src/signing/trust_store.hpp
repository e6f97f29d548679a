// SPDX-License-Identifier: Apache-2.0
// trust_store.hpp: the keys that may sign plugins, what each may sign, and what is revoked.
//
// On the disk it is a folder of `<name>.pub`, each with its scope in `<name>.yaml` beside it, and a
// file of revocations. All of them, and the folders on the way, obey the rules of safe_file.hpp.
//
// Threads  a store that nobody changes [any]
// Errors   all that is wrong with the files. A store that can be read in part is no store: what is
//          missing could be the revocation that matters
#pragma once

#include <span>
#include <string>
#include <sys/types.h>
#include <vector>

#include "penstock/result.hpp"
#include "signing/public_key.hpp"
#include "signing/revocations.hpp"
#include "signing/scope.hpp"

namespace penstock::signing {

struct TrustedKey {
  PublicKey key{};
  Scope scope{};
  std::string source{};    // the file it comes from, for messages
  bool unlimited = false;  // it has no scope file, so it may sign everything
};

class TrustStore final {
 public:
  // Fails when there is a key of that id already: which scope would hold?
  Status add(TrustedKey key);
  void set_revocations(Revocations revocations) { revocations_ = std::move(revocations); }

  // Null when it is not there.
  const TrustedKey* find(const KeyId& id) const noexcept;
  std::span<const TrustedKey> keys() const noexcept { return keys_; }
  const Revocations& revocations() const noexcept { return revocations_; }

 private:
  std::vector<TrustedKey> keys_;
  Revocations revocations_;
};

struct TrustPlaces {
  std::string directory{};  // of .pub and .yaml; empty: none
  std::string revoked{};    // the file; empty: none
  // For places that nobody named: that they are not there is no error, and no key.
  bool may_be_absent = false;
};

// Adds what is there to `store`, which may hold keys already. `user` is whose files are as good as
// root's: the effective user. Waits for the disk. [control]
Status load_trust_store(const TrustPlaces& places, uid_t user, TrustStore& store);

}  // namespace penstock::signing
