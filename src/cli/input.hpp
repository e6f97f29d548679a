// SPDX-License-Identifier: Apache-2.0
// input.hpp: where lines come from: files, pipes, terminals; one after the other.
//
// Threads  one at a time
// Waits    read() until there is something to read, or `stop` becomes readable; not on files
#pragma once

#include <chrono>
#include <span>
#include <string>
#include <vector>

#include "penstock/result.hpp"

namespace penstock::cli {

class Input {
 public:
  enum class Got { bytes, end, stop, error };
  struct Read {
    Got got = Got::end;
    std::size_t bytes = 0;
    int error = 0;  // errno
  };

  // "-" is standard input. `stop_fd` becomes readable when there is to be no more reading.
  Input(std::string path, int stop_fd) : path_(std::move(path)), stop_fd_(stop_fd) {}
  ~Input();
  Input(const Input&) = delete;
  Input& operator=(const Input&) = delete;

  Status open();
  Read read(std::span<char> to);
  // One more byte, although reading has been stopped; waits until `deadline` at most.
  Read read_byte(char& to, std::chrono::steady_clock::time_point deadline);

  bool is_terminal() const;
  // For messages.
  std::string name() const { return path_ == "-" ? "standard input" : path_; }

 private:
  const std::string path_;
  const int stop_fd_;
  int fd_ = -1;
  bool is_file_ = false;
};

// Why some of the files cannot be read, as far as that can be known beforehand. No files: standard
// input.
Errors check_inputs(const std::vector<std::string>& paths);

}  // namespace penstock::cli
