// SPDX-License-Identifier: Apache-2.0
// paths.hpp: the files that the sinks of one configuration write to. Two sinks that write to one
// file, or one that writes to a backup of the other, would destroy it.
//
// Bound    limits::sinks_max; those after them are not looked at
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace penstock::config {

// `path` without links, dots and doubled slashes, as far as it is there. Two names of one file,
// even of one that is not there yet, have the same.
std::string without_detours(const std::string& path);

class SinkPaths final {
 public:
  // Takes the path of a sink. Not empty: why it cannot have it.
  std::string add(const std::string& path, const std::string& sink);

 private:
  struct Owner {
    std::string path;  // without detours
    std::string sink;
  };
  std::vector<Owner> owners_;
};

}  // namespace penstock::config
