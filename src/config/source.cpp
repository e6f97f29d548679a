// SPDX-License-Identifier: Apache-2.0
#include "config/source.hpp"

#include <cerrno>
#include <fcntl.h>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>

#include <fmt/format.h>

namespace penstock::config {
namespace {

class Descriptor final {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return fd_; }

 private:
  int fd_;
};

Error failure(const std::string& path, std::string message) {
  return {.message = std::move(message), .file = path};
}

Error system_failure(const std::string& path, const char* what) {
  return failure(path, fmt::format("{}: {}", what, std::generic_category().message(errno)));
}

const char* kind_of(mode_t mode) {
  if (S_ISDIR(mode)) return "a directory";
  if (S_ISFIFO(mode)) return "a pipe";
  if (S_ISSOCK(mode)) return "a socket";
  return "a device";
}

}  // namespace

Result<std::string> read_source(const std::string& path) {
  // O_NONBLOCK: opening a pipe must not wait for its writer.
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  if (file.get() < 0) return system_failure(path, "cannot open the configuration");
  struct stat status {};
  if (::fstat(file.get(), &status) != 0) return system_failure(path, "cannot examine the file");
  if (!S_ISREG(status.st_mode)) {
    return failure(path, fmt::format("is {}, not a file", kind_of(status.st_mode)));
  }
  std::string text;
  std::size_t used = 0;
  while (used <= source_bytes_max) {
    text.resize(used + 65'536);
    const ssize_t got = ::read(file.get(), text.data() + used, text.size() - used);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return system_failure(path, "cannot read the configuration");
    if (got == 0) break;
    used += static_cast<std::size_t>(got);
  }
  if (used > source_bytes_max) return failure(path, "is larger than 1MiB, the most that is read");
  text.resize(used);
  return text;
}

}  // namespace penstock::config
