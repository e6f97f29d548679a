// SPDX-License-Identifier: Apache-2.0
#include "cli/file_text.hpp"

#include <cerrno>
#include <poll.h>
#include <unistd.h>

namespace penstock::cli {

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

}  // namespace penstock::cli
