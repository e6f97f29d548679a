// SPDX-License-Identifier: Apache-2.0
#include "support/files.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <initializer_list>
#include <sstream>
#include <stdexcept>
#include <vector>

#include <stdlib.h>

namespace penstock::bench {
namespace {

const char* first_set(std::initializer_list<const char*> names, const char* otherwise) {
  for (const char* const name : names) {
    const char* const value = std::getenv(name);
    if (value != nullptr && *value != '\0') return value;
  }
  return otherwise;
}

struct Folder {
  std::string path;
  Folder() : path(std::string(first_set({"PENSTOCK_BENCH_DIR", "TMPDIR"}, "/tmp"))) {
    path += "/penstock-bench-XXXXXX";
    if (mkdtemp(path.data()) == nullptr) throw std::runtime_error("cannot make " + path);
  }
  ~Folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path, ignored);
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
};

std::ifstream open_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw std::runtime_error("cannot read " + path);
  return file;
}

std::uint64_t lines_in(std::string_view text) {
  std::uint64_t lines = 0;
  for (std::size_t at = 0; (at = text.find('\n', at)) != text.npos; ++at) ++lines;
  return lines;
}

}  // namespace

const std::string& scratch_folder() {
  static const Folder folder;
  return folder.path;
}

void warm_up_files(std::uint64_t bytes) {
  const std::string path = scratch_path("warm-up");
  const std::string piece(1 << 20, '.');
  std::ofstream file(path, std::ios::binary);
  for (std::uint64_t written = 0; written < bytes; written += piece.size()) file << piece;
  if (!file.flush()) throw std::runtime_error("cannot write " + path);
  std::filesystem::remove(path);
}

std::uint64_t count_lines(const std::string& path) {
  std::ifstream file = open_file(path);
  std::vector<char> buffer(1 << 20);
  std::uint64_t lines = 0;
  while (file.read(buffer.data(), static_cast<std::streamsize>(buffer.size())) ||
         file.gcount() > 0) {
    lines += lines_in({buffer.data(), static_cast<std::size_t>(file.gcount())});
  }
  return lines;
}

std::uint64_t file_size(const std::string& path) { return std::filesystem::file_size(path); }

std::string read_file(const std::string& path) {
  std::ostringstream text;
  text << open_file(path).rdbuf();
  return text.str();
}

void write_file(const std::string& path, std::string_view text) {
  std::ofstream file(path, std::ios::binary);
  file << text;
  if (!file.flush()) throw std::runtime_error("cannot write " + path);
}

std::uint64_t check_and_remove(const std::string& path, std::uint64_t lines) {
  const std::uint64_t found = count_lines(path);
  const std::uint64_t bytes = file_size(path);
  std::filesystem::remove(path);
  if (found != lines) {
    throw std::runtime_error("the file has " + std::to_string(found) + " lines, not " +
                             std::to_string(lines));
  }
  return bytes;
}

}  // namespace penstock::bench
