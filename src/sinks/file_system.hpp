// SPDX-License-Identifier: Apache-2.0
// file_system.hpp: the system calls that sinks make, behind a seam for tests.
//
// Threads  [any]
// Errors   as the system calls: -1 and errno. A call that a signal interrupts is made again, except
//          write(), whose callers have a loop anyway, and close(), which must not be repeated.
#pragma once

#include <cstddef>
#include <string>
#include <sys/stat.h>
#include <sys/types.h>

namespace penstock::sinks {

using FileStatus = struct ::stat;

class FileSystem {
 public:
  virtual ~FileSystem() = default;

  virtual int open(const char* path, int flags, mode_t mode) = 0;
  virtual int close(int fd) = 0;
  virtual ssize_t write(int fd, const char* bytes, std::size_t count) = 0;
  virtual ssize_t pread(int fd, char* bytes, std::size_t count, off_t offset) = 0;
  virtual int ftruncate(int fd, off_t size) = 0;
  virtual int fdatasync(int fd) = 0;
  virtual int fstat(int fd, FileStatus& status) = 0;
  virtual int stat(const char* path, FileStatus& status) = 0;
  virtual int lstat(const char* path, FileStatus& status) = 0;
  virtual int rename(const char* from, const char* to) = 0;
  virtual int unlink(const char* path) = 0;
  virtual int fchmod(int fd, mode_t mode) = 0;
  virtual int fchown(int fd, uid_t user, gid_t group) = 0;
  // flock(2): `operation` is LOCK_EX | LOCK_NB or LOCK_UN.
  virtual int lock(int fd, int operation) = 0;
  // O_RDONLY, O_WRONLY or O_RDWR.
  virtual int access_mode(int fd) = 0;

  // Where the last write() through `fd` ended.
  virtual off_t position(int fd) = 0;
  // Lets write() wait for room, whatever open() was told.
  virtual int set_blocking(int fd) = 0;
  // Waits until write() would not answer EAGAIN.
  virtual int wait_writable(int fd) = 0;
};

// The real one; it has no state.
FileSystem& real_file_system() noexcept;

// What errno says, in words.
std::string error_text(int error);

}  // namespace penstock::sinks
