// SPDX-License-Identifier: Apache-2.0
// serial_floors.hpp: the highest serial that was ever loaded of each plugin, kept on the disk, so
// that there is no way back to an older version whose faults are known.
//
// One file per plugin, `<id>.serial`, in a folder that obeys the rules of safe_file.hpp.
//
// Threads  [any]; processes take turns by a lock on the folder
// Errors   carry the path. A file that cannot be read is an error, not a floor of 0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "penstock/result.hpp"
#include "signing/safe_file.hpp"

namespace penstock::signing {

class SerialFloors final {
 public:
  static Result<SerialFloors> open(const std::string& directory, uid_t user);

  // 0 when nothing was loaded yet. Waits for the disk.
  Result<std::uint64_t> floor(std::string_view id) const;
  // Never lowers it. To be called once the plugin is accepted. Waits for the disk, and for another
  // process that does the same.
  Status advance(std::string_view id, std::uint64_t serial) const;

 private:
  explicit SerialFloors(Directory directory) : directory_(std::move(directory)) {}

  Directory directory_;
};

}  // namespace penstock::signing
