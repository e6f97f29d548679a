// SPDX-License-Identifier: Apache-2.0
// backups.hpp: the rotated files path.1 (newest) .. path.N.
//
// Loss  only the oldest goes, and only when all N places are taken. Renames run from the oldest to
//       the newest, so that a process that dies between two of them leaves a gap and loses nothing;
//       the next rotation fills the gap.
#pragma once

#include <cstdint>
#include <string>

#include "sinks/file_system.hpp"

namespace penstock::sinks {

// Makes path into path.1 and moves those before it up by one. 0, or errno: then path is still
// there. `count` is at least 1. [any]
int push_backup(FileSystem& files, const std::string& path, std::uint32_t count);

// Removes path.count+1 and above, left by runs with a higher count. Looks past small gaps, and not
// for ever: "path.20240131" is somebody else's. [any]
void remove_backups_above(FileSystem& files, const std::string& path, std::uint32_t count);

}  // namespace penstock::sinks
