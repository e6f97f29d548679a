// SPDX-License-Identifier: Apache-2.0
#include "cli/input.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fmt/format.h>

namespace penstock::cli {
namespace {

std::string cannot_read(const std::string& name, int error) {
  return fmt::format("cannot read {}: {}", name, std::strerror(error));
}

// -1: for as long as it takes.
int poll_timeout(std::chrono::steady_clock::time_point deadline) {
  using std::chrono::milliseconds;
  const auto left = std::chrono::ceil<milliseconds>(deadline - std::chrono::steady_clock::now());
  return left.count() < 0 ? 0 : static_cast<int>(left.count());
}

}  // namespace

Input::~Input() {
  if (fd_ > STDERR_FILENO) ::close(fd_);
}

Status Input::open() {
  // Without O_NONBLOCK, opening a FIFO would wait for its writer, and no signal would end that.
  fd_ = path_ == "-" ? STDIN_FILENO : ::open(path_.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  struct stat status {};
  if (fd_ < 0 || ::fstat(fd_, &status) != 0) return Status::failure(cannot_read(name(), errno));
  if (S_ISDIR(status.st_mode)) return Status::failure(cannot_read(name(), EISDIR));
  is_file_ = S_ISREG(status.st_mode);
  if (is_file_) ::posix_fadvise(fd_, 0, 0, POSIX_FADV_SEQUENTIAL);
  return {};
}

Input::Read Input::read(std::span<char> to) {
  for (;;) {
    // A FIFO without a writer reads as ended, but polls as not ready before its first writer came.
    std::array<pollfd, 2> ready = {{{stop_fd_, POLLIN, 0}, {fd_, POLLIN, 0}}};
    if (::poll(ready.data(), is_file_ ? 1 : 2, is_file_ ? 0 : -1) < 0 && errno != EINTR) {
      return {.got = Got::error, .error = errno};
    }
    if (ready[0].revents != 0) return {.got = Got::stop};
    if (!is_file_ && ready[1].revents == 0) continue;
    const ssize_t count = ::read(fd_, to.data(), to.size());
    if (count > 0) return {.got = Got::bytes, .bytes = static_cast<std::size_t>(count)};
    if (count == 0) return {.got = Got::end};
    if (errno != EINTR && errno != EAGAIN) return {.got = Got::error, .error = errno};
  }
}

Input::Read Input::read_byte(char& to, std::chrono::steady_clock::time_point deadline) {
  for (;;) {
    pollfd ready = {fd_, POLLIN, 0};
    const int count = ::poll(&ready, 1, poll_timeout(deadline));
    if (count == 0) return {.got = Got::stop};
    if (count < 0 && errno != EINTR) return {.got = Got::error, .error = errno};
    if (count < 0) continue;
    const ssize_t bytes = ::read(fd_, &to, 1);
    if (bytes == 1) return {.got = Got::bytes, .bytes = 1};
    if (bytes == 0) return {.got = Got::end};
    if (errno != EINTR && errno != EAGAIN) return {.got = Got::error, .error = errno};
  }
}

bool Input::is_terminal() const { return ::isatty(fd_) == 1; }

Errors check_inputs(const std::vector<std::string>& paths) {
  Errors errors;
  if (paths.empty() || std::count(paths.begin(), paths.end(), "-") != 0) {
    const int flags = ::fcntl(STDIN_FILENO, F_GETFL);
    if (flags < 0 || (flags & O_ACCMODE) == O_WRONLY) {
      errors.push_back({.message = cannot_read("standard input", EBADF)});
    }
  }
  for (const std::string& path : paths) {
    if (path == "-") continue;
    struct stat status {};
    if (::stat(path.c_str(), &status) != 0 || ::access(path.c_str(), R_OK) != 0) {
      errors.push_back({.message = cannot_read(path, errno)});
    } else if (S_ISDIR(status.st_mode)) {
      errors.push_back({.message = cannot_read(path, EISDIR)});
    }
  }
  return errors;
}

}  // namespace penstock::cli
