// SPDX-License-Identifier: Apache-2.0
// plugin_support.hpp: plugin files to read: built ones, changed ones, and folders of them.
#pragma once

#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "plugin/byte_source.hpp"
#include "plugin/elf_file.hpp"
#include "plugin/plugin_file.hpp"

namespace penstock::plugin::test {

using Bytes = std::vector<std::byte>;

inline std::string fixture(const std::string& name) {
  return std::string(PENSTOCK_PLUGIN_FIXTURES) + "/" + name + ".penstock.so";
}

inline Bytes bytes_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  EXPECT_TRUE(file.is_open()) << path;
  const std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  const auto bytes = std::as_bytes(std::span(text));
  return Bytes(bytes.begin(), bytes.end());
}

inline Bytes bytes_of_text(std::string_view text) {
  const auto bytes = std::as_bytes(std::span(text));
  return Bytes(bytes.begin(), bytes.end());
}

inline Checked<ElfFile> read(const Bytes& bytes) { return read_elf(MemorySource(bytes)); }

// A structure within a file.
template <class T>
T get(const Bytes& bytes, std::size_t offset) {
  T value;
  EXPECT_LE(offset + sizeof value, bytes.size());
  std::memcpy(&value, &bytes[offset], sizeof value);
  return value;
}

template <class T>
void put(Bytes& bytes, std::size_t offset, const T& value) {
  ASSERT_LE(offset + sizeof value, bytes.size());
  std::memcpy(&bytes[offset], &value, sizeof value);
}

// A folder of this user's alone, gone at the end. Its rules trust what is above it.
class Folder final {
 public:
  Folder() {
    std::string path = (std::filesystem::temp_directory_path() / "penstock-XXXXXX").string();
    EXPECT_NE(::mkdtemp(path.data()), nullptr);
    path_ = std::filesystem::canonical(path).string();
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  const std::string& path() const { return path_; }
  std::string path(const std::string& name) const { return path_ + "/" + name; }
  FileRules rules() const { return {.base = path_}; }

  // Its path.
  std::string add(const std::string& name, const Bytes& bytes) const {
    std::ofstream file(path(name), std::ios::binary);
    file.write(reinterpret_cast<const char*>(bytes.data()),
               static_cast<std::streamsize>(bytes.size()));
    file.close();
    set_mode(name, 0644);
    return path(name);
  }
  std::string add(const std::string& name, std::string_view text = "text") const {
    return add(name, bytes_of_text(text));
  }
  std::string add_fixture(const std::string& fixture_name, const std::string& name) const {
    return add(name, bytes_of(fixture(fixture_name)));
  }
  std::string add_folder(const std::string& name) const {
    std::filesystem::create_directory(path(name));
    set_mode(name, 0755);
    return path(name);
  }
  void set_mode(const std::string& name, unsigned mode) const {
    std::filesystem::permissions(path(name), static_cast<std::filesystem::perms>(mode));
  }

 private:
  std::string path_;
};

}  // namespace penstock::plugin::test
