// SPDX-License-Identifier: Apache-2.0
#include "sinks/backups.hpp"

#include <cerrno>

namespace penstock::sinks {
namespace {

std::string backup_name(const std::string& path, std::uint64_t number) {
  return path + "." + std::to_string(number);
}

}  // namespace

int push_backup(FileSystem& files, const std::string& path, std::uint32_t count) {
  FileStatus status{};
  std::uint64_t free = 1;
  while (free < count && files.lstat(backup_name(path, free).c_str(), status) == 0) ++free;

  for (std::uint64_t number = free; number >= 1; --number) {
    const std::string from = number == 1 ? path : backup_name(path, number - 1);
    if (files.rename(from.c_str(), backup_name(path, number).c_str()) == -1) return errno;
  }
  return 0;
}

void remove_backups_above(FileSystem& files, const std::string& path, std::uint32_t count) {
  constexpr int misses_max = 8;
  constexpr std::uint64_t removed_max = 100'000;
  const std::uint64_t first = std::uint64_t{count} + 1;
  int misses = 0;
  for (std::uint64_t number = first; number < first + removed_max; ++number) {
    misses = files.unlink(backup_name(path, number).c_str()) == 0 ? 0 : misses + 1;
    if (misses == misses_max) return;
  }
}

}  // namespace penstock::sinks
