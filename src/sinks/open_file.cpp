// SPDX-License-Identifier: Apache-2.0
#include "sinks/open_file.hpp"

#include <cerrno>
#include <fcntl.h>
#include <filesystem>
#include <sys/stat.h>
#include <system_error>

namespace penstock::sinks {
namespace {

// Non-blocking, so that a FIFO or a serial line cannot hold up the open itself.
constexpr int open_flags = O_APPEND | O_CLOEXEC | O_NOCTTY | O_NONBLOCK;

struct Descriptor {
  int fd = -1;
  bool created = false;
};

// For reading as well where that is allowed: it lets a FIFO be opened that has no reader (and keeps
// what is in it over a change of readers), and it shows how the file ends.
int open_existing(FileSystem& files, const char* path) {
  const int fd = files.open(path, O_RDWR | open_flags, 0);
  if (fd != -1 || errno != EACCES) return fd;
  return files.open(path, O_WRONLY | open_flags, 0);
}

// O_EXCL tells a file that we made, which gets its mode and owner, from one that was there. Another
// process may make or remove it between the two tries, hence more than one round.
Descriptor open_or_create(FileSystem& files, const char* path, mode_t mode) {
  constexpr int rounds = 3;
  for (int round = 0; round < rounds; ++round) {
    const int existing = open_existing(files, path);
    if (existing != -1 || errno != ENOENT) return {existing, false};
    // A link to a file that is not there yet is "existing" to O_EXCL; the last round follows it.
    const int exclusive = round + 1 < rounds ? O_EXCL : 0;
    const int made = files.open(path, O_RDWR | O_CREAT | exclusive | open_flags, mode & 0600);
    if (made != -1 || errno != EEXIST) return {made, made != -1};
  }
  return {};
}

// 0, or errno. The owner comes first: a change of owner may clear bits of the mode.
int prepare_new_file(FileSystem& files, int fd, const OpenRequest& request) {
  const Owner& owner = request.owner;
  if (!owner.keeps_all() && files.fchown(fd, owner.user, owner.group) == -1) return errno;
  if (files.fchmod(fd, request.mode) == -1) return errno;
  return 0;
}

bool line_is_open(FileSystem& files, int fd, const FileStatus& status) {
  if (!S_ISREG(status.st_mode) || status.st_size == 0) return false;
  char last = '\n';
  return files.pread(fd, &last, 1, status.st_size - 1) == 1 && last != '\n';
}

// Backups stand beside the file, not beside a link to it.
std::string follow_link(FileSystem& files, const std::string& path) {
  FileStatus status{};
  if (files.lstat(path.c_str(), status) == -1 || !S_ISLNK(status.st_mode)) return path;
  std::error_code error;
  const std::filesystem::path target = std::filesystem::canonical(path, error);
  return error ? path : target.string();
}

Result<OpenFile> failed(const OpenRequest& request, int error) {
  return Error{.message = path_error("open", request.path, error)};
}

}  // namespace

std::string path_error(const std::string& verb, const std::string& path, int error) {
  return "cannot " + verb + " '" + path + "': " + error_text(error);
}

Result<OpenFile> open_file(FileSystem& files, const OpenRequest& request) {
  if (request.path.empty()) return Error{.message = "the path of the file is empty"};
  const std::filesystem::path parent = std::filesystem::path(request.path).parent_path();
  if (request.create_directories && !parent.empty()) {
    std::error_code ignored;  // open() says it better
    std::filesystem::create_directories(parent, ignored);
  }

  const auto [fd, created] = open_or_create(files, request.path.c_str(), request.mode);
  if (fd == -1) return failed(request, errno);

  const std::string target = follow_link(files, request.path);
  FileStatus status{};
  int error = created ? prepare_new_file(files, fd, request) : 0;
  if (error == 0 && files.fstat(fd, status) == -1) error = errno;
  if (error == 0 && S_ISDIR(status.st_mode)) error = EISDIR;
  if (error == 0 && files.set_blocking(fd) == -1) error = errno;
  if (error != 0) {
    files.close(fd);
    // Otherwise the next try would find it there and take it, with the wrong owner.
    if (created) files.unlink(target.c_str());
    return failed(request, error);
  }
  return OpenFile{
      .fd = fd,
      .target = target,
      .regular = S_ISREG(status.st_mode),
      .line_is_open = line_is_open(files, fd, status),
      .device = status.st_dev,
      .inode = status.st_ino,
      .size = static_cast<std::uint64_t>(status.st_size),
      .modified_ns = status.st_mtim.tv_sec * std::int64_t{1'000'000'000} + status.st_mtim.tv_nsec,
  };
}

}  // namespace penstock::sinks
