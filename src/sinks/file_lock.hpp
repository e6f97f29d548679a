// SPDX-License-Identifier: Apache-2.0
// file_lock.hpp: keeps a second process, or a second sink of this one, from rotating the same file.
// Two of them would rename each other's backups away.
//
// Loss     none: a file system that knows no locks is written to without
// Fork     the lock belongs to the open file, which a child shares. So the process that took it
//          gives it back by hand, and a child that closes its copy leaves it alone
#pragma once

#include <cstdint>

#include "sinks/file_system.hpp"
#include "sinks/open_file.hpp"

namespace penstock::sinks {

enum class LockAnswer : std::uint8_t {
  yes,    // taken, or there are no locks here
  taken,  // by somebody else
  moved,  // `path` leads to another file meanwhile: its lock says nothing about this one's
};

// Never waits. [any]
LockAnswer lock_file(FileSystem& files, const std::string& path, OpenFile& file);

// Before the descriptor is closed. [any]
void unlock_file(FileSystem& files, OpenFile& file);

}  // namespace penstock::sinks
