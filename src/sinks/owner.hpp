// SPDX-License-Identifier: Apache-2.0
// owner.hpp: who a new file belongs to, from "user", "user:group" or ":group".
#pragma once

#include <string_view>
#include <sys/types.h>

#include "penstock/result.hpp"

namespace penstock::sinks {

struct Owner {
  static constexpr uid_t keep_user = static_cast<uid_t>(-1);
  static constexpr gid_t keep_group = static_cast<gid_t>(-1);

  uid_t user = keep_user;
  gid_t group = keep_group;

  bool keeps_all() const noexcept { return user == keep_user && group == keep_group; }
};

// Names come first, then numbers, as with chown(1). An empty text keeps both. [any]
Result<Owner> find_owner(std::string_view text);

}  // namespace penstock::sinks
