// SPDX-License-Identifier: Apache-2.0
// child_process.hpp: a process that runs one case, from its start to its end or to the time limit.
//
// Threads  [any]; several at a time; run_child() waits
// Errors   a process that cannot be made is a failed case
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "kit/verdict.hpp"

namespace penstock::kit {

struct ChildOrder {
  std::string program{};                 // penstock-plugin-host
  std::vector<std::string> arguments{};  // of it
  std::string preload{};                 // a library that stands before all others; empty: none
  int plugin_fd = -1;                    // -1: it is built in
  std::chrono::milliseconds time_limit{10'000};
};

// What became of the case. A process that crashes, or is killed when its time is over, fails.
Verdict run_child(const ChildOrder& order);

}  // namespace penstock::kit
