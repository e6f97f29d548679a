// SPDX-License-Identifier: Apache-2.0
// support.hpp: folders, small keys and short words for the tests of signing.
#pragma once

#include <cstdlib>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <sys/stat.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include "signing/secret_key.hpp"
#include "signing/utc.hpp"

namespace penstock::signing::testing {

// Under /tmp, which is the stickiest of folders; gone at the end.
class TemporaryFolder final {
 public:
  TemporaryFolder() {
    std::string name = "/tmp/penstock-signing-XXXXXX";
    if (::mkdtemp(name.data()) == nullptr) std::abort();
    path_ = name;
  }
  ~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  const std::string& path() const { return path_; }
  std::string operator/(std::string_view name) const { return path_ + "/" + std::string(name); }

  // Writes a file with a mode that is safe, whatever the umask is.
  std::string write(std::string_view name, std::string_view text, mode_t mode = 0644) const {
    std::string file = *this / name;
    std::ofstream(file, std::ios::binary | std::ios::trunc) << text;
    if (::chmod(file.c_str(), mode) != 0) std::abort();
    return file;
  }
  std::string make(std::string_view name, mode_t mode = 0755) const {
    std::string folder = *this / name;
    std::filesystem::create_directory(folder);
    if (::chmod(folder.c_str(), mode) != 0) std::abort();
    return folder;
  }
  std::string read(std::string_view name) const {
    std::ifstream file(*this / name, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  }

 private:
  std::string path_;
};

class OpenFile final {
 public:
  explicit OpenFile(const std::string& path, int flags = O_RDONLY)
      : fd_(::open(path.c_str(), flags | O_CLOEXEC)) {}
  ~OpenFile() { ::close(fd_); }
  OpenFile(const OpenFile&) = delete;
  OpenFile& operator=(const OpenFile&) = delete;
  int get() const { return fd_; }

 private:
  int fd_;
};

// All messages of a Result or Status, a line each.
template <class Outcome>
std::string errors_of(const Outcome& outcome) {
  return to_string(outcome.errors());
}

// The least that libsodium derives keys with, for tests that do not wait.
inline constexpr KdfLimits small_limits = {.operations = 32'768, .memory = 16'777'216};

inline Time at(std::string_view text) { return parse_utc(text).value(); }

inline std::string replaced(std::string text, std::string_view what, std::string_view by) {
  const std::size_t place = text.find(what);
  EXPECT_NE(place, std::string::npos) << what;
  return place == std::string::npos ? text : text.replace(place, what.size(), by);
}

}  // namespace penstock::signing::testing
