// SPDX-License-Identifier: Apache-2.0
// files.hpp: a place for what the benches write, and a look at what has been written.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace penstock::bench {

// A folder of this process under PENSTOCK_BENCH_DIR, TMPDIR or /tmp; gone when the process ends.
const std::string& scratch_folder();
inline std::string scratch_path(std::string_view name) {
  return scratch_folder() + "/" + std::string(name);
}

// Writes so much and removes it: what is measured next finds memory for its file that the machine
// has in hand. A guest may have given it back to its host meanwhile, and then each page costs more
// than what is written to it.
void warm_up_files(std::uint64_t bytes);

// Throws when the file cannot be read.
std::uint64_t count_lines(const std::string& path);
std::uint64_t file_size(const std::string& path);
std::string read_file(const std::string& path);
void write_file(const std::string& path, std::string_view text);

// Throws unless the file has that many lines; then removes it. Its size in bytes.
std::uint64_t check_and_remove(const std::string& path, std::uint64_t lines);

}  // namespace penstock::bench
