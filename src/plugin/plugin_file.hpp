// SPDX-License-Identifier: Apache-2.0
// plugin_file.hpp: opens a file that will run inside this process, or says why nobody should.
//
// Whoever can change the file, or put another one in its place, can do what this process can. So
// the file and each folder above it must belong to root or to this user, and nobody else may write
// to them: the rule of sshd's StrictModes. It has no exception for sticky folders such as /tmp,
// where others cannot replace a file but can put one beside it.
//
// Everything later reads the descriptor, never the path again: what was judged is what is loaded.
//
// Threads  [any]
// Errors   refusals of the stage find: `path`, `not-found`, `symlink`, `owner`, `mode`,
//          `not-regular`, `size`, `unreadable`
// Bound    file_bytes_max
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <sys/types.h>
#include <unistd.h>
#include <utility>
#include <vector>

#include "plugin/byte_source.hpp"
#include "plugin/refusal.hpp"

namespace penstock::plugin {

inline constexpr std::uint64_t file_bytes_max = 256 << 20;
inline constexpr std::size_t directory_entries_max = 4096;

struct FileRules {
  // This folder and all below it are judged; those above it are trusted, links among them too.
  std::string base = "/";
  // May own files, beside root. Nobody: who owns and who may write them is not judged; for files
  // that are looked at and not loaded.
  std::optional<uid_t> user = ::geteuid();
};

// A descriptor, closed at the end.
class Descriptor final {
 public:
  explicit Descriptor(int fd = -1) noexcept : fd_(fd) {}
  ~Descriptor();
  Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  int get() const noexcept { return fd_; }
  explicit operator bool() const noexcept { return fd_ != -1; }
  // It will not be closed: the caller has it now.
  int release() noexcept { return std::exchange(fd_, -1); }

 private:
  int fd_;
};

// A plugin file that passed, open for reading.
class PluginFile final {
 public:
  // `path` is absolute and lies below `rules.base`; it has no link, no "." and no ".." in it.
  static Checked<PluginFile> open(const std::string& path, const FileRules& rules = {});

  int fd() const noexcept { return descriptor_.get(); }
  const std::string& path() const noexcept { return path_; }  // for messages
  std::uint64_t size() const noexcept { return size_; }
  dev_t device() const noexcept { return device_; }
  ino_t inode() const noexcept { return inode_; }
  bool is_same_file(const PluginFile& other) const noexcept {
    return device_ == other.device_ && inode_ == other.inode_;
  }
  FileSource source() const noexcept { return FileSource(fd(), size_); }
  // The same file, read from another descriptor from now on: one with a copy of its bytes.
  PluginFile with_bytes_in(Descriptor copy) const {
    PluginFile file;
    file.descriptor_ = std::move(copy);
    file.path_ = path_;
    file.size_ = size_;
    file.device_ = device_;
    file.inode_ = inode_;
    return file;
  }
  // For the loader, which keeps it open for ever: glibc knows libraries by /proc/self/fd/N.
  int release_fd() noexcept { return descriptor_.release(); }

 private:
  friend class PluginDirectory;
  PluginFile() = default;

  Descriptor descriptor_;
  std::string path_;
  std::uint64_t size_ = 0;
  dev_t device_ = 0;
  ino_t inode_ = 0;
};

// A folder that passed. What is in it is opened through it, so nobody can exchange it meanwhile.
class PluginDirectory final {
 public:
  static Checked<PluginDirectory> open(const std::string& path, const FileRules& rules = {});

  const std::string& path() const noexcept { return path_; }
  // Names that end with `ending`, sorted by their bytes; of links too, which open() refuses.
  Checked<std::vector<std::string>> names(std::string_view ending) const;
  Checked<PluginFile> open_file(const std::string& name) const;

 private:
  PluginDirectory() = default;

  Descriptor descriptor_;
  std::string path_;
  std::optional<uid_t> user_{};
};

}  // namespace penstock::plugin
