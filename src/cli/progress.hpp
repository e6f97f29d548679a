// SPDX-License-Identifier: Apache-2.0
// progress.hpp: how far a run has come, on standard error: on a terminal in one line that is
// written over again; elsewhere, when it is asked for, in lines that come ever more seldom.
//
// Threads  one at a time
#pragma once

#include <chrono>
#include <cstdint>

#include "cli/arguments.hpp"

namespace penstock::cli {

class Progress {
 public:
  using Clock = std::chrono::steady_clock;

  Progress(ShowProgress show, int fd);

  // To be called often; writes now and then.
  void update(std::int64_t lines);
  // Wipes the line that is written over again.
  void finish();

 private:
  const int fd_;
  bool terminal_ = false;
  bool shows_ = false;
  bool has_shown_ = false;
  Clock::time_point begin_ = Clock::now();
  Clock::duration every_;
  Clock::time_point next_;
  std::int64_t lines_before_ = 0;
  Clock::time_point time_before_ = begin_;
};

}  // namespace penstock::cli
