// SPDX-License-Identifier: Apache-2.0
#include "sinks/file_system.hpp"

#include <cerrno>
#include <cstdio>
#include <fcntl.h>
#include <poll.h>
#include <sys/file.h>
#include <system_error>
#include <unistd.h>

namespace penstock::sinks {
namespace {

template <class Call>
int repeat_interrupted(Call call) {
  int result = call();
  while (result == -1 && errno == EINTR) result = call();
  return result;
}

class RealFileSystem final : public FileSystem {
 public:
  int open(const char* path, int flags, mode_t mode) override {
    return repeat_interrupted([&] { return ::open(path, flags, mode); });
  }
  int close(int fd) override { return ::close(fd); }
  ssize_t write(int fd, const char* bytes, std::size_t count) override {
    return ::write(fd, bytes, count);
  }
  ssize_t pread(int fd, char* bytes, std::size_t count, off_t offset) override {
    return ::pread(fd, bytes, count, offset);
  }
  int ftruncate(int fd, off_t size) override {
    return repeat_interrupted([&] { return ::ftruncate(fd, size); });
  }
  int fdatasync(int fd) override {
    return repeat_interrupted([&] { return ::fdatasync(fd); });
  }
  int fstat(int fd, FileStatus& status) override { return ::fstat(fd, &status); }
  int stat(const char* path, FileStatus& status) override { return ::stat(path, &status); }
  int lstat(const char* path, FileStatus& status) override { return ::lstat(path, &status); }
  int rename(const char* from, const char* to) override { return ::rename(from, to); }
  int unlink(const char* path) override { return ::unlink(path); }
  int fchmod(int fd, mode_t mode) override {
    return repeat_interrupted([&] { return ::fchmod(fd, mode); });
  }
  int fchown(int fd, uid_t user, gid_t group) override {
    return repeat_interrupted([&] { return ::fchown(fd, user, group); });
  }
  int lock(int fd, int operation) override {
    return repeat_interrupted([&] { return ::flock(fd, operation); });
  }
  int access_mode(int fd) override {
    const int flags = ::fcntl(fd, F_GETFL);
    return flags == -1 ? -1 : flags & O_ACCMODE;
  }
  off_t position(int fd) override { return ::lseek(fd, 0, SEEK_CUR); }
  int set_blocking(int fd) override {
    const int flags = ::fcntl(fd, F_GETFL);
    if (flags == -1) return -1;
    return ::fcntl(fd, F_SETFL, flags & ~O_NONBLOCK);
  }
  int wait_writable(int fd) override {
    pollfd waiting{.fd = fd, .events = POLLOUT, .revents = 0};
    return repeat_interrupted([&] { return ::poll(&waiting, 1, -1); });
  }
};

}  // namespace

FileSystem& real_file_system() noexcept {
  static RealFileSystem instance;
  return instance;
}

std::string error_text(int error) { return std::generic_category().message(error); }

}  // namespace penstock::sinks
