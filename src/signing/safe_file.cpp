// SPDX-License-Identifier: Apache-2.0
#include "signing/safe_file.hpp"

#include <algorithm>
#include <cerrno>
#include <dirent.h>
#include <fcntl.h>
#include <memory>
#include <system_error>
#include <unistd.h>
#include <utility>

#include <fmt/format.h>

#include "signing/scan.hpp"

namespace penstock::signing {
namespace {

constexpr mode_t writable_by_others = S_IWGRP | S_IWOTH;
constexpr mode_t open_to_others = S_IRWXG | S_IRWXO;

// Closes it, unless it is released.
class Descriptor final {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;

  int get() const { return fd_; }
  bool ok() const { return fd_ >= 0; }
  int release() { return std::exchange(fd_, -1); }
  void reset(int fd) {
    if (fd_ >= 0) ::close(fd_);
    fd_ = fd;
  }

 private:
  int fd_;
};

template <class Call>
auto repeat_interrupted(Call call) {
  auto result = call();
  while (result == -1 && errno == EINTR) result = call();
  return result;
}

std::string error_text(int error) { return std::generic_category().message(error); }

bool is_link(int folder, const char* name) {
  FileStatus status{};
  return ::fstatat(folder, name, &status, AT_SYMLINK_NOFOLLOW) == 0 && S_ISLNK(status.st_mode);
}

// Why open() with O_NOFOLLOW failed; errno says it, but not well.
std::string open_problem(int folder, const char* name) {
  const int error = errno;
  if (is_link(folder, name)) {
    return "is a symbolic link, which is not followed here; give the place itself";
  }
  return fmt::format("cannot be opened: {}", error_text(error));
}

// Empty when all is written.
std::string write_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t count =
        repeat_interrupted([&] { return ::write(fd, bytes.data(), bytes.size()); });
    if (count < 0) return error_text(errno);
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
  return {};
}

bool is_name(std::string_view name) {
  return !name.empty() && name != "." && name != ".." &&
         name.find_first_of(std::string_view("/\0", 2)) == std::string_view::npos;
}

}  // namespace

std::string ownership_fault(const FileStatus& status, FileKind kind, uid_t user) {
  const bool folder = kind == FileKind::ancestor || kind == FileKind::directory;
  if (folder && !S_ISDIR(status.st_mode)) return "is no directory";
  if (!folder && !S_ISREG(status.st_mode)) return "is no regular file";
  if (status.st_uid != 0 && status.st_uid != user) {
    return fmt::format("belongs to user {}, neither to root nor to user {}; change its owner",
                       status.st_uid, user);
  }
  const bool sticky = kind == FileKind::ancestor && (status.st_mode & S_ISVTX) != 0;
  if (!sticky && (status.st_mode & writable_by_others) != 0) {
    return fmt::format("can be written by others (mode {:04o}); chmod go-w",
                       status.st_mode & 07777);
  }
  if (kind == FileKind::secret && (status.st_mode & open_to_others) != 0) {
    return fmt::format("can be read by others (mode {:04o}); chmod go-rwx", status.st_mode & 07777);
  }
  return {};
}

Directory::Directory(Directory&& other) noexcept
    : path_(std::move(other.path_)), fd_(std::exchange(other.fd_, -1)), user_(other.user_) {}

Directory::~Directory() {
  if (fd_ >= 0) ::close(fd_);
}

Result<Directory> Directory::open(const std::string& path, uid_t user) {
  if (!path.starts_with('/')) {
    return Error{.message = "must be an absolute path", .file = path};
  }
  std::vector<std::string> names;
  for (const std::string_view name : split(path, '/')) {
    if (!name.empty()) names.emplace_back(name);
  }
  Descriptor fd(::open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  std::string at;
  for (std::size_t i = 0; i <= names.size(); ++i) {
    const bool last = i == names.size();
    FileStatus status{};
    std::string fault =
        !fd.ok() || ::fstat(fd.get(), &status) != 0
            ? fmt::format("cannot be looked at: {}", error_text(errno))
            : ownership_fault(status, last ? FileKind::directory : FileKind::ancestor, user);
    if (!fault.empty()) return Error{.message = std::move(fault), .file = at.empty() ? "/" : at};
    if (last) break;
    at += '/' + names[i];
    if (!is_name(names[i])) {
      return Error{.message = "cannot have '.' or '..' in its path", .file = path};
    }
    // On the way only the right to pass through is needed.
    const int flags = i + 1 == names.size() ? O_RDONLY : O_PATH;
    const char* const name = names[i].c_str();
    const int next = repeat_interrupted(
        [&] { return ::openat(fd.get(), name, flags | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC); });
    if (next < 0) return Error{.message = open_problem(fd.get(), name), .file = at};
    fd.reset(next);
  }
  return Directory(path, fd.release(), user);
}

std::string Directory::path_of(std::string_view name) const {
  return fmt::format("{}{}{}", path_, path_.ends_with('/') ? "" : "/", name);
}

Error Directory::failure(std::string_view name, std::string message) const {
  return {.message = std::move(message), .file = path_of(name)};
}

Error Directory::system_failure(std::string_view name, const char* what) const {
  return failure(name, fmt::format("{}: {}", what, error_text(errno)));
}

Result<std::vector<std::string>> Directory::names() const {
  struct Close {
    void operator()(DIR* stream) const noexcept { ::closedir(stream); }
  };
  Descriptor copy(::openat(fd_, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  const std::unique_ptr<DIR, Close> stream(copy.ok() ? ::fdopendir(copy.get()) : nullptr);
  if (!stream) return system_failure("", "cannot be listed");
  copy.release();
  std::vector<std::string> names;
  for (;;) {
    errno = 0;
    const dirent* const entry = ::readdir(stream.get());
    if (entry == nullptr) break;
    const std::string_view name = entry->d_name;
    if (name == "." || name == "..") continue;
    if (names.size() == names_max) {
      return failure("", fmt::format("holds more than {} files", names_max));
    }
    names.emplace_back(name);
  }
  if (errno != 0) return system_failure("", "cannot be listed");
  std::sort(names.begin(), names.end());
  return names;
}

Result<std::optional<std::string>> Directory::read(std::string_view name, std::size_t bytes_max,
                                                   FileKind kind) const {
  if (!is_name(name)) return failure(name, "is no name of a file");
  const std::string file_name(name);
  // O_NONBLOCK: a pipe of that name must not hold us up.
  const Descriptor fd(repeat_interrupted([&] {
    return ::openat(fd_, file_name.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
  }));
  if (!fd.ok() && errno == ENOENT) return std::optional<std::string>{};
  if (!fd.ok()) return failure(name, open_problem(fd_, file_name.c_str()));
  FileStatus status{};
  if (::fstat(fd.get(), &status) != 0) return system_failure(name, "cannot be looked at");
  if (std::string fault = ownership_fault(status, kind, user_); !fault.empty()) {
    return failure(name, std::move(fault));
  }
  std::string text(bytes_max + 1, '\0');
  std::size_t size = 0;
  while (size < text.size()) {
    const ssize_t count = repeat_interrupted(
        [&] { return ::read(fd.get(), text.data() + size, text.size() - size); });
    if (count < 0) return system_failure(name, "cannot be read");
    if (count == 0) break;
    size += static_cast<std::size_t>(count);
  }
  if (size > bytes_max) return failure(name, fmt::format("is larger than {} bytes", bytes_max));
  text.resize(size);
  return std::optional(std::move(text));
}

Status Directory::write_new(const std::string& name, std::string_view bytes, int flags,
                            mode_t mode) const {
  const Descriptor fd(repeat_interrupted([&] {
    return ::openat(fd_, name.c_str(), O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC | flags, mode);
  }));
  if (!fd.ok() && errno == EEXIST) {
    return failure(name, "is there already, and is not replaced; remove it, or take another name");
  }
  if (!fd.ok()) return failure(name, open_problem(fd_, name.c_str()));
  if (const std::string problem = write_all(fd.get(), bytes); !problem.empty()) {
    return failure(name, fmt::format("cannot be written: {}", problem));
  }
  // Whatever the umask is.
  if (::fchmod(fd.get(), mode) != 0) return system_failure(name, "cannot get its mode");
  if (::fsync(fd.get()) != 0) return system_failure(name, "cannot be written to the disk");
  return {};
}

Status Directory::create(std::string_view name, std::string_view bytes, mode_t mode) const {
  if (!is_name(name)) return failure(name, "is no name of a file");
  const std::string file_name(name);
  if (Status status = write_new(file_name, bytes, O_EXCL, mode); !status) return status;
  if (::fsync(fd_) != 0) return system_failure("", "cannot be written to the disk");
  return {};
}

Status Directory::replace(std::string_view name, std::string_view bytes, mode_t mode) const {
  if (!is_name(name)) return failure(name, "is no name of a file");
  const std::string file_name(name);
  const std::string temporary = fmt::format(".{}.new", name);
  // One that a crash left behind is of no use to anybody.
  ::unlinkat(fd_, temporary.c_str(), 0);
  if (Status status = write_new(temporary, bytes, O_EXCL, mode); !status) {
    ::unlinkat(fd_, temporary.c_str(), 0);
    return status;
  }
  if (::renameat(fd_, temporary.c_str(), fd_, file_name.c_str()) != 0) {
    Error error = system_failure(name, "cannot be replaced");
    ::unlinkat(fd_, temporary.c_str(), 0);
    return error;
  }
  if (::fsync(fd_) != 0) return system_failure("", "cannot be written to the disk");
  return {};
}

}  // namespace penstock::signing
