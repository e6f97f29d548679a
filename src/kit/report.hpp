// SPDX-License-Identifier: Apache-2.0
// report.hpp: memory that a case's process shares with the one that started it. What stands there
// is still to be read when the process has crashed, or was killed, or has closed all descriptors.
//
// Threads  written by the one that runs the case; read when its process has ended
#pragma once

#include <array>
#include <cstddef>
#include <string_view>

#include "kit/verdict.hpp"

namespace penstock::kit {

class Report {
 public:
  // Maps the memory file `fd`. Throws std::runtime_error when that is not possible.
  explicit Report(int fd);
  ~Report();
  Report(const Report&) = delete;
  Report& operator=(const Report&) = delete;

  // What is being done from now on: "write() of 3 events".
  void at(std::string_view place) noexcept;
  void finish(const Verdict& verdict);

  std::string_view place() const noexcept;
  // False when the case did not come to its end.
  bool finished(Verdict& verdict) const;

 private:
  struct Page {
    std::array<char, 512> place;
    std::array<char, 15'872> verdict;  // as JSON; empty: not finished
  };

  Page* page_ = nullptr;
};

// A memory file for it; -1, with errno, when there is no memory.
int make_report_file();

}  // namespace penstock::kit
