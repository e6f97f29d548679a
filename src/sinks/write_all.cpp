// SPDX-License-Identifier: Apache-2.0
#include "sinks/write_all.hpp"

#include <algorithm>
#include <cerrno>

namespace penstock::sinks {

Written write_all(FileSystem& files, int fd, std::string_view text) {
  Written written;
  while (written.bytes < text.size()) {
    const ssize_t count = files.write(fd, text.data() + written.bytes, text.size() - written.bytes);
    if (count > 0) {
      written.bytes += static_cast<std::size_t>(count);
      continue;
    }
    // Nothing taken and no error: as old systems say "no room".
    const int error = count == 0 ? ENOSPC : errno;
    if (error == EINTR) continue;
    if (error == EAGAIN && files.wait_writable(fd) != -1) continue;
    written.error = error;
    return written;
  }
  return written;
}

std::size_t events_within(std::span<const std::uint32_t> ends, std::uint64_t limit) noexcept {
  const auto beyond = std::upper_bound(ends.begin(), ends.end(), limit);
  return static_cast<std::size_t>(beyond - ends.begin());
}

bool is_full(int error) noexcept { return error == ENOSPC || error == EDQUOT || error == EFBIG; }

bool is_passing(int error) noexcept { return is_full(error) || error == EPIPE; }

}  // namespace penstock::sinks
