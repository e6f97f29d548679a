// SPDX-License-Identifier: Apache-2.0
// program_support.hpp: running the real `penstock` program, and reading what it left.
#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "support/wait.hpp"

namespace penstock::test {

// A folder of its own for each test, gone afterwards. Paths are relative to it.
class ProgramTest : public ::testing::Test {
 protected:
  ProgramTest();
  ~ProgramTest() override;

  std::string path(std::string_view name) const { return folder_ / name; }
  std::string write(std::string_view name, std::string_view text) const;
  std::string read(std::string_view name) const;
  bool exists(std::string_view name) const { return std::filesystem::exists(folder_ / name); }
  std::uintmax_t size_of(std::string_view name) const;
  std::vector<std::string> lines_of(std::string_view name) const;
  std::vector<nlohmann::json> json_of(std::string_view name) const;
  nlohmann::json report() const { return nlohmann::json::parse(read("report.json")); }

  // `sinks` in YAML, one list item each, written for the folder: "{DIR}" stands for its name.
  std::string configure(std::string_view yaml) const;

 private:
  std::filesystem::path folder_{};
};

// A process of the program.
class Program {
 public:
  struct Options {
    std::vector<std::string> arguments{};
    std::string input_file{};   // standard input; empty: a pipe, see write() and end_input()
    std::string output_file{};  // standard output and error are kept there
    std::string error_file{};
    bool error_is_broken_pipe = false;
    // For sh, where "$@" is the program and its arguments: limits, redirections.
    std::string shell{};
  };
  explicit Program(Options options);
  // Kills it if it still runs.
  ~Program();
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  // Into its standard input. False when it does not read any more.
  bool write(std::string_view text);
  void end_input();
  int input_fd() const { return input_fd_; }
  int pid() const { return pid_; }
  void signal(int number) const;
  // Its exit code; minus the signal that ended it; -1000 when it did not end in time.
  int wait(std::chrono::seconds limit = patience);
  bool has_ended() const;

 private:
  int pid_ = -1;
  int pid_fd_ = -1;
  int input_fd_ = -1;
};

// A thread that writes numbered, self-checking lines into a program as fast as they are taken,
// until it is told to stop or the program ends.
class Flood {
 public:
  explicit Flood(Program& program, std::int64_t lines = 1'000'000'000);
  ~Flood();
  // Ends the program's input as well.
  void join();

 private:
  std::function<void()> join_{};
};

// Line number `number`: "12 <checksum> xxxx...". 40 to 160 bytes.
std::string flood_line(std::int64_t number);
// The number of such a line; -1 when it is not whole.
std::int64_t flood_number(std::string_view line);

// Each of the accepted events at one outcome, for every sink.
void expect_exact_account(const nlohmann::json& report);

}  // namespace penstock::test
