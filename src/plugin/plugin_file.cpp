// SPDX-License-Identifier: Apache-2.0
#include "plugin/plugin_file.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <dirent.h>
#include <fcntl.h>
#include <memory>
#include <sys/stat.h>
#include <system_error>

#include <fmt/format.h>

#include "plugin/words.hpp"

namespace penstock::plugin {
namespace {

using FileStatus = struct ::stat;

// O_PATH: it takes the right to pass through a folder, not to list it.
constexpr int directory_flags = O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
// O_NONBLOCK: were it exchanged for a FIFO, nothing would wait.
constexpr int file_flags = O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | O_NOCTTY;

std::string error_text(int error) { return std::generic_category().message(error); }

Refusal refused(std::string path, std::string code, std::string reason, std::string fix) {
  return Refusal{.file = std::move(path),
                 .stage = Stage::find,
                 .code = std::move(code),
                 .reason = std::move(reason),
                 .fix = std::move(fix)};
}

// Null when it is fine. `path` is what to call it.
std::unique_ptr<Refusal> judge_owner(const FileStatus& status, const std::string& path,
                                     std::optional<uid_t> user) {
  if (!user) return nullptr;
  if (status.st_uid != 0 && status.st_uid != *user) {
    return std::make_unique<Refusal>(
        refused(path, "owner",
                fmt::format("{} belongs to user {}, who could replace the plugin", in_quotes(path),
                            status.st_uid),
                fmt::format("chown it to root or to user {}", *user)));
  }
  const auto mode = static_cast<unsigned>(status.st_mode & 07777);
  if ((mode & 022U) != 0) {
    return std::make_unique<Refusal>(
        refused(path, "mode",
                fmt::format("{} has mode {:04o}: others than its owner may write to it",
                            in_quotes(path), mode),
                "chmod go-w, or use a folder that is nobody else's"));
  }
  return nullptr;
}

std::string link_target(int parent, const std::string& name) {
  std::array<char, PATH_MAX> target{};
  const ssize_t size = ::readlinkat(parent, name.c_str(), target.data(), target.size());
  return size <= 0 ? std::string() : std::string(target.data(), static_cast<std::size_t>(size));
}

Refusal link_refusal(int parent, const std::string& name, const std::string& path) {
  return refused(path, "symlink",
                 fmt::format("{} is a symbolic link to {}", in_quotes(path),
                             in_quotes(link_target(parent, name))),
                 "write the path that it leads to");
}

// Why a folder or file could not be opened.
Refusal open_refusal(int error, const std::string& path) {
  if (error == ENOENT) {
    return refused(path, "not-found", fmt::format("{} is not there", in_quotes(path)),
                   "correct the path, or install the plugin");
  }
  return refused(path, "unreadable",
                 fmt::format("cannot open {}: {}", in_quotes(path), error_text(error)),
                 "let this user read it");
}

Refusal not_a_directory(const std::string& path) {
  return refused(path, "not-found", fmt::format("{} is not a folder", in_quotes(path)),
                 "name the folder that the plugins are in");
}

Refusal path_refusal(const std::string& path, std::string_view why) {
  return refused(path, "path", fmt::format("{} {}", in_quotes(path), why),
                 "write the whole path, from / on");
}

// The parts of a path, or none when one of them is empty, "." or "..".
std::vector<std::string> parts_of(std::string_view path) {
  std::vector<std::string> parts;
  while (!path.empty()) {
    const std::size_t slash = path.find('/');
    const std::string_view part = path.substr(0, slash);
    if (part.empty() || part == "." || part == "..") return {};
    parts.emplace_back(part);
    path.remove_prefix(slash == std::string_view::npos ? path.size() : slash + 1);
  }
  return parts;
}

std::string_view without_slashes_behind(std::string_view path) {
  while (path.size() > 1 && path.back() == '/') path.remove_suffix(1);
  return path;
}

std::string join(const std::string& folder, const std::string& name) {
  return folder.ends_with('/') ? folder + name : folder + "/" + name;
}

// One step down from a folder that passed.
Checked<Descriptor> step_into(int parent, const std::string& name, const std::string& path,
                              std::optional<uid_t> user) {
  Descriptor folder(::openat(parent, name.c_str(), directory_flags));
  if (!folder) {
    const int error = errno;
    FileStatus status{};
    const bool is_there = ::fstatat(parent, name.c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0;
    if (is_there && S_ISLNK(status.st_mode)) return link_refusal(parent, name, path);
    if (is_there && !S_ISDIR(status.st_mode)) return not_a_directory(path);
    return open_refusal(error, path);
  }
  FileStatus status{};
  if (::fstat(folder.get(), &status) == -1) return open_refusal(errno, path);
  if (const auto refusal = judge_owner(status, path, user)) return *refusal;
  return folder;
}

// The folder that the walk begins in. Links that lead to it are not looked at.
Checked<Descriptor> open_base(const std::string& base, std::optional<uid_t> user) {
  Descriptor folder(::open(base.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!folder) return open_refusal(errno, base);
  FileStatus status{};
  if (::fstat(folder.get(), &status) == -1) return open_refusal(errno, base);
  if (const auto refusal = judge_owner(status, base, user)) return *refusal;
  return folder;
}

// Before it is opened: to open a device can have effects of its own.
std::unique_ptr<Refusal> judge_kind(int parent, const std::string& name, const std::string& path) {
  FileStatus status{};
  if (::fstatat(parent, name.c_str(), &status, AT_SYMLINK_NOFOLLOW) == -1) {
    return std::make_unique<Refusal>(open_refusal(errno, path));
  }
  if (S_ISLNK(status.st_mode)) return std::make_unique<Refusal>(link_refusal(parent, name, path));
  if (!S_ISREG(status.st_mode)) {
    return std::make_unique<Refusal>(
        refused(path, "not-regular", fmt::format("{} is not a regular file", in_quotes(path)),
                "put the plugin itself there"));
  }
  return nullptr;
}

}  // namespace

Descriptor::~Descriptor() {
  if (fd_ != -1) ::close(fd_);
}

Checked<PluginDirectory> PluginDirectory::open(const std::string& path, const FileRules& rules) {
  if (!path.starts_with('/')) return path_refusal(path, "is not an absolute path");
  if (path.find('\0') != std::string::npos) return path_refusal(path, "has a NUL byte in it");
  const std::string base(without_slashes_behind(rules.base));
  std::string_view below = without_slashes_behind(path);
  if (below != base) {
    const std::string prefix = base == "/" ? base : base + "/";
    if (!below.starts_with(prefix)) {
      return path_refusal(path, fmt::format("is not below {}", in_quotes(base)));
    }
    below.remove_prefix(prefix.size());
  } else {
    below = {};
  }
  const std::vector<std::string> parts = parts_of(below);
  if (parts.empty() && !below.empty()) return path_refusal(path, "has '.', '..' or '//' in it");

  Checked<Descriptor> folder = open_base(base, rules.user);
  std::string walked = base;
  for (const std::string& part : parts) {
    if (!folder) break;
    walked = join(walked, part);
    folder = step_into(folder->get(), part, walked, rules.user);
  }
  if (!folder) return folder.refusal();
  PluginDirectory directory;
  directory.descriptor_ = std::move(*folder);
  directory.path_ = walked;
  directory.user_ = rules.user;
  return directory;
}

Checked<std::vector<std::string>> PluginDirectory::names(std::string_view ending) const {
  Descriptor readable(::openat(descriptor_.get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!readable) return open_refusal(errno, path_);
  const std::unique_ptr<DIR, int (*)(DIR*)> listing(::fdopendir(readable.get()), ::closedir);
  if (listing == nullptr) return open_refusal(errno, path_);
  readable.release();  // closedir() closes it

  std::vector<std::string> names;
  std::size_t entries = 0;
  for (errno = 0; const dirent* const entry = ::readdir(listing.get()); errno = 0) {
    if (++entries > directory_entries_max) {
      return refused(
          path_, "size",
          fmt::format("{} has more than {} entries", in_quotes(path_), directory_entries_max),
          "use a folder that has nothing but plugins in it");
    }
    const std::string_view name = entry->d_name;
    if (name.size() > ending.size() && name.ends_with(ending)) names.emplace_back(name);
  }
  if (errno != 0) return open_refusal(errno, path_);
  std::sort(names.begin(), names.end());
  return names;
}

Checked<PluginFile> PluginDirectory::open_file(const std::string& name) const {
  const std::string path = join(path_, name);
  if (parts_of(name).size() != 1 || name.find('\0') != std::string::npos) {
    return path_refusal(path, "is not the name of a file");
  }
  if (const auto refusal = judge_kind(descriptor_.get(), name, path)) return *refusal;
  PluginFile file;
  file.descriptor_ = Descriptor(::openat(descriptor_.get(), name.c_str(), file_flags));
  // ELOOP: exchanged for a link just now.
  if (!file.descriptor_) {
    if (errno == ELOOP) return link_refusal(descriptor_.get(), name, path);
    return open_refusal(errno, path);
  }
  FileStatus status{};
  if (::fstat(file.fd(), &status) == -1) return open_refusal(errno, path);
  if (!S_ISREG(status.st_mode)) {
    return refused(path, "not-regular", fmt::format("{} is not a regular file", in_quotes(path)),
                   "put the plugin itself there");
  }
  if (const auto refusal = judge_owner(status, path, user_)) return *refusal;
  file.size_ = static_cast<std::uint64_t>(status.st_size);
  if (file.size_ == 0 || file.size_ > file_bytes_max) {
    return refused(
        path, "size",
        fmt::format("{} has {} bytes; 1 to {} can be", in_quotes(path), file.size_, file_bytes_max),
        "copy the file again, or strip it (strip keeps the manifest)");
  }
  file.path_ = path;
  file.device_ = status.st_dev;
  file.inode_ = status.st_ino;
  return file;
}

Checked<PluginFile> PluginFile::open(const std::string& path, const FileRules& rules) {
  const std::size_t slash = path.rfind('/');
  if (slash == std::string::npos) return path_refusal(path, "is not an absolute path");
  const Checked<PluginDirectory> directory =
      PluginDirectory::open(slash == 0 ? "/" : path.substr(0, slash), rules);
  if (!directory) {
    Refusal refusal = directory.refusal();
    refusal.file = path;  // the reason names the folder
    return refusal;
  }
  return directory->open_file(path.substr(slash + 1));
}

}  // namespace penstock::plugin
