// SPDX-License-Identifier: Apache-2.0
// open_file.hpp: opens what a file sink writes to: a regular file, made when it is missing, or a
// FIFO or device that is there.
#pragma once

#include <cstdint>
#include <string>

#include "penstock/result.hpp"
#include "sinks/file_system.hpp"
#include "sinks/owner.hpp"

namespace penstock::sinks {

struct OpenFile {
  int fd = -1;
  std::string target;         // the path, or where it leads to when it is a symbolic link
  bool regular = false;       // can be rotated, truncated and synced
  bool line_is_open = false;  // its last byte is not a line break
  dev_t device = 0;
  ino_t inode = 0;
  std::uint64_t size = 0;
  std::int64_t modified_ns = 0;  // since 1970-01-01 UTC
  pid_t locked_by = 0;           // the process that took the lock, see file_lock.hpp; 0: none

  bool is(const FileStatus& status) const noexcept {
    return status.st_dev == device && status.st_ino == inode;
  }
  bool is_same_as(const OpenFile& other) const noexcept {
    return other.fd != -1 && fd != -1 && other.device == device && other.inode == inode;
  }
};

struct OpenRequest {
  std::string path;
  mode_t mode = 0640;  // of a file that is made; the umask does not matter
  Owner owner;         // likewise
  bool create_directories = true;
};

// Ready to append. Never waits for the other end of a FIFO. A failure names the path and the
// reason, and leaves no file behind. [any]
Result<OpenFile> open_file(FileSystem& files, const OpenRequest& request);

// "cannot open '/var/log/x': Permission denied"
std::string path_error(const std::string& verb, const std::string& path, int error);

}  // namespace penstock::sinks
