// SPDX-License-Identifier: Apache-2.0
// process_state.hpp: what belongs to the whole process, and no plugin may change.
//
// Threads  one
#pragma once

#include <array>
#include <csignal>
#include <cstddef>
#include <string>
#include <vector>

namespace penstock::kit {

// Numbers of the signals that have another handler, other flags, or are blocked otherwise than when
// it was made.
class Signals {
 public:
  Signals();
  std::vector<int> changed() const;

 private:
  std::array<struct sigaction, NSIG> actions_{};
  sigset_t blocked_{};
};

// How many there are, and which; those of this function itself do not count.
std::vector<std::string> open_descriptors();  // "7: /tmp/file"
int highest_descriptor();
// A thread that has been joined may be seen for a moment: waits for no more than `count` of them,
// one second at most.
std::size_t threads_down_to(std::size_t count);
// Whether a sanitizer is in this process: it allocates, and opens files for its checks.
bool is_sanitized() noexcept;
// Of the C library's allocator, in use.
std::size_t allocated_bytes();
// Written to a descriptor that is a file; 0 for others.
std::size_t written_bytes(int fd);

std::string locale_now();
std::string directory_now();
std::string environment_now();  // one text, in the order of the names
unsigned umask_now();
// "to nearest, with denormal numbers"
std::string arithmetic_now();

}  // namespace penstock::kit
