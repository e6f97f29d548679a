// SPDX-License-Identifier: Apache-2.0
// child.hpp: programs that a bench runs: itself in a fresh process, or another.
#pragma once

#include <string>
#include <sys/resource.h>
#include <vector>

namespace penstock::bench {

struct ChildRun {
  int status = 0;        // as exit() was told; 128 + signal when it was killed
  double wall_ns = 0;    // from just before the start until it has ended
  double cpu_ns = 0;     // user and system
  std::string output{};  // what it wrote to standard output
};

// Runs a program and waits for its end. Standard error is left as it is, or discarded. Throws when
// it cannot be started.
ChildRun run_child(const std::vector<std::string>& arguments, bool discard_errors = false);

// This program again, in a process of its own, with these arguments: the numbers that it prints.
// Throws unless it ends with 0 and there are `count` numbers.
std::vector<double> numbers_of_self(std::vector<std::string> arguments, std::size_t count);

}  // namespace penstock::bench
