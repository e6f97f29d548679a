// SPDX-License-Identifier: Apache-2.0
// safe_folder.hpp: folders that plugins are loaded from.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <string>
#include <sys/stat.h>
#include <unistd.h>

namespace penstock::test {

// Whether only root and this user can write to it, and to all above it.
inline bool is_safe(std::filesystem::path path) {
  for (;; path = path.parent_path()) {
    struct stat status {};
    if (::stat(path.c_str(), &status) != 0 || (status.st_mode & (S_IWGRP | S_IWOTH)) != 0) {
      return false;
    }
    if (status.st_uid != 0 && status.st_uid != ::geteuid()) return false;
    if (path == path.root_path()) return true;
  }
}

// A place for plugins: they are not loaded from below /tmp, where everybody can write.
inline std::filesystem::path safe_place() {
  for (const char* const name : {"XDG_RUNTIME_DIR", "HOME"}) {
    const char* const place = ::getenv(name);
    std::error_code error;
    if (place == nullptr || place[0] != '/') continue;
    const std::filesystem::path path = std::filesystem::canonical(place, error);
    if (!error && is_safe(path) && ::access(path.c_str(), W_OK) == 0) return path;
  }
  return is_safe(PENSTOCK_PLUGINS) ? std::filesystem::path(PENSTOCK_PLUGINS)
                                   : std::filesystem::path();
}

// A new one; empty when there is no place for it.
inline std::filesystem::path make_safe_folder() {
  const std::filesystem::path place = safe_place();
  if (place.empty()) return {};
  std::string name = place / ".penstock-test-XXXXXX";
  return ::mkdtemp(name.data()) == nullptr ? std::filesystem::path() : std::filesystem::path(name);
}

}  // namespace penstock::test
