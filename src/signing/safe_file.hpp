// SPDX-License-Identifier: Apache-2.0
// safe_file.hpp: files that only root and we can have written, and files replaced as a whole.
//
// A path is walked from the root, folder by folder, without following links: what was checked is
// what is read, whoever renames what in the meantime. Access lists (ACLs) that let others write
// show as group's rights in the mode, so the mode is enough.
//
// Threads  [any]
// Bound    a file of more than bytes_max is refused, not read
// Errors   carry the path, what is wrong, and what to do
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <sys/stat.h>
#include <sys/types.h>
#include <vector>

#include "penstock/result.hpp"

namespace penstock::signing {

using FileStatus = struct ::stat;

// ---- rules

enum class FileKind {
  ancestor,   // a folder on the way; others may write to it if it is sticky, as /tmp
  directory,  // the folder whose files are trusted
  file,
  secret,  // a file that others cannot read either
};

// What is wrong with such a file for us, who are `user`; empty when nothing is.
std::string ownership_fault(const FileStatus& status, FileKind kind, uid_t user);

// ---- folders

class Directory final {
 public:
  // The path is absolute, without "." and "..".
  static Result<Directory> open(const std::string& path, uid_t user);

  Directory(Directory&& other) noexcept;
  Directory& operator=(Directory&&) = delete;
  ~Directory();

  const std::string& path() const noexcept { return path_; }
  std::string path_of(std::string_view name) const;
  int descriptor() const noexcept { return fd_; }

  // Sorted, without "." and "..". At most names_max, or an error.
  static constexpr std::size_t names_max = 10'000;
  Result<std::vector<std::string>> names() const;

  // Empty when there is no such file.
  Result<std::optional<std::string>> read(std::string_view name, std::size_t bytes_max,
                                          FileKind kind = FileKind::file) const;
  // Readers see the old file or the new one. On the disk when it returns. One writer at a time.
  Status replace(std::string_view name, std::string_view bytes, mode_t mode) const;
  // Fails when there is one of that name.
  Status create(std::string_view name, std::string_view bytes, mode_t mode) const;

 private:
  Directory(std::string path, int fd, uid_t user) : path_(std::move(path)), fd_(fd), user_(user) {}
  Status write_new(const std::string& name, std::string_view bytes, int flags, mode_t mode) const;
  Error failure(std::string_view name, std::string message) const;
  Error system_failure(std::string_view name, const char* what) const;

  std::string path_;
  int fd_ = -1;
  uid_t user_ = 0;
};

}  // namespace penstock::signing
