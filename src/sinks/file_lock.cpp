// SPDX-License-Identifier: Apache-2.0
#include "sinks/file_lock.hpp"

#include <cerrno>
#include <sys/file.h>
#include <unistd.h>
#include <utility>

namespace penstock::sinks {

LockAnswer lock_file(FileSystem& files, const std::string& path, OpenFile& file) {
  if (files.lock(file.fd, LOCK_EX | LOCK_NB) == -1) {
    // Any other failure (ENOTSUP, ENOLCK, ...) says that there are no locks, not that one is taken.
    return errno == EWOULDBLOCK ? LockAnswer::taken : LockAnswer::yes;
  }
  file.locked_by = ::getpid();
  FileStatus status{};
  const bool is_there = files.stat(path.c_str(), status) == 0 && file.is(status);
  return is_there ? LockAnswer::yes : LockAnswer::moved;
}

void unlock_file(FileSystem& files, OpenFile& file) {
  if (std::exchange(file.locked_by, 0) == ::getpid()) files.lock(file.fd, LOCK_UN);
}

}  // namespace penstock::sinks
