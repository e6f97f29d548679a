// SPDX-License-Identifier: Apache-2.0
#include "cli/file_text.hpp"

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstdint>
#include <cstdio>
#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

namespace penstock::cli {
namespace {

using Clock = std::chrono::steady_clock;

// A way to the same pipe or terminal that does not block. O_NONBLOCK on the descriptor itself would
// be seen by every process that shares it.
class Unblocked {
 public:
  explicit Unblocked(int fd) noexcept : original_(fd) {
    struct stat status {};
    if (::fstat(fd, &status) != 0) return;
    is_socket_ = S_ISSOCK(status.st_mode);
    if (!S_ISFIFO(status.st_mode) && ::isatty(fd) != 1) return;
    char path[32];
    std::snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    reopened_ = ::open(path, O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
  }
  ~Unblocked() {
    if (reopened_ >= 0) ::close(reopened_);
  }
  Unblocked(const Unblocked&) = delete;
  Unblocked& operator=(const Unblocked&) = delete;

  // Where it could not be opened again: as much as a pipe that polls as ready takes at once.
  ssize_t write(std::string_view text) const noexcept {
    const std::size_t size = std::min<std::size_t>(text.size(), PIPE_BUF);
    if (is_socket_) return ::send(original_, text.data(), size, MSG_DONTWAIT | MSG_NOSIGNAL);
    return ::write(fd(), text.data(), size);
  }
  int fd() const noexcept { return reopened_ >= 0 ? reopened_ : original_; }

 private:
  const int original_;
  int reopened_ = -1;
  bool is_socket_ = false;
};

int ms_until(Clock::time_point deadline) noexcept {
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now()).count();
  return static_cast<int>(std::clamp<std::int64_t>(left, 0, 1'000'000));
}

}  // namespace

bool write_all(int fd, std::string_view text) noexcept {
  while (!text.empty()) {
    const ssize_t count = ::write(fd, text.data(), text.size());
    if (count >= 0) {
      text.remove_prefix(static_cast<std::size_t>(count));
    } else if (errno == EAGAIN) {
      pollfd ready = {fd, POLLOUT, 0};
      if (::poll(&ready, 1, 1000) == 0) {
        errno = EAGAIN;
        return false;
      }
    } else if (errno != EINTR) {
      return false;
    }
  }
  return true;
}

bool write_within(int fd, std::string_view text, std::chrono::nanoseconds time) noexcept {
  const Clock::time_point deadline = Clock::now() + time;
  const Unblocked out(fd);
  while (!text.empty()) {
    pollfd ready = {out.fd(), POLLOUT, 0};
    const int count = ::poll(&ready, 1, ms_until(deadline));
    if (count == 0) {
      errno = EAGAIN;
      return false;
    }
    if (count < 0 && errno == EINTR) continue;
    const ssize_t bytes = count < 0 ? -1 : out.write(text);
    if (bytes > 0) text.remove_prefix(static_cast<std::size_t>(bytes));
    if (bytes < 0 && errno != EINTR && errno != EAGAIN) return false;
  }
  return true;
}

}  // namespace penstock::cli
