// SPDX-License-Identifier: Apache-2.0
#include "signing/serial_floors.hpp"

#include <cerrno>
#include <fcntl.h>
#include <sys/file.h>
#include <system_error>
#include <unistd.h>

#include <fmt/format.h>

#include "signing/plugin_id.hpp"
#include "signing/scan.hpp"
#include "signing/statement.hpp"

namespace penstock::signing {
namespace {

constexpr std::size_t file_bytes_max = 64;
constexpr std::string_view beginning = "serial ";
constexpr mode_t file_mode = 0644;

std::string file_of(std::string_view id) { return fmt::format("{}.serial", id); }

Error no_id(std::string_view id) { return {.message = fmt::format("'{}' is no plugin's id", id)}; }

// Held until the end of the block. A lock belongs to what open() made, so each needs its own.
class FolderLock final {
 public:
  explicit FolderLock(int folder)
      : fd_(::openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)), held_(fd_ >= 0 && take()) {}
  ~FolderLock() {
    if (fd_ >= 0) ::close(fd_);
  }
  FolderLock(const FolderLock&) = delete;
  FolderLock& operator=(const FolderLock&) = delete;

  bool held() const noexcept { return held_; }

 private:
  bool take() const {
    int result = ::flock(fd_, LOCK_EX);
    while (result != 0 && errno == EINTR) result = ::flock(fd_, LOCK_EX);
    return result == 0;
  }

  int fd_;
  bool held_;
};

}  // namespace

Result<SerialFloors> SerialFloors::open(const std::string& directory, uid_t user) {
  auto opened = Directory::open(directory, user);
  if (!opened) return opened.errors();
  return SerialFloors(std::move(*opened));
}

Result<std::uint64_t> SerialFloors::floor(std::string_view id) const {
  if (!is_plugin_id(id)) return no_id(id);
  const std::string name = file_of(id);
  const auto text = directory_.read(name, file_bytes_max);
  if (!text) return text.errors();
  if (!*text) return std::uint64_t{0};
  std::string_view number = **text;
  const bool framed = number.starts_with(beginning) && number.ends_with('\n');
  if (framed) number = number.substr(beginning.size(), number.size() - beginning.size() - 1);
  const auto serial = framed ? scan_number(number, Statement::serial_max) : std::nullopt;
  if (!serial || *serial == 0) {
    return Error{
        .message = fmt::format("holds no serial; write \"{}N\" into it, with the serial of "
                               "the version in use",
                               beginning),
        .file = directory_.path_of(name)};
  }
  return *serial;
}

Status SerialFloors::advance(std::string_view id, std::uint64_t serial) const {
  if (!is_plugin_id(id)) return no_id(id);
  if (serial == 0 || serial > Statement::serial_max) {
    return Status::failure(fmt::format("{} is no serial", serial));
  }
  const FolderLock lock(directory_.descriptor());
  if (!lock.held()) {
    return Error{
        .message = fmt::format("cannot be locked: {}", std::generic_category().message(errno)),
        .file = directory_.path()};
  }
  const auto before = floor(id);
  if (!before) return before.errors();
  if (*before >= serial) return {};
  return directory_.replace(file_of(id), fmt::format("{}{}\n", beginning, serial), file_mode);
}

}  // namespace penstock::signing
