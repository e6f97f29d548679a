// SPDX-License-Identifier: Apache-2.0
#include "config/cpus.hpp"

#include <unistd.h>

#include <fmt/format.h>

namespace penstock::config {

// All that are configured: one that is switched off now may be back when the file is used.
std::string cpu_problem(std::uint64_t cpu) {
  const long count = ::sysconf(_SC_NPROCESSORS_CONF);
  if (count < 1 || cpu < static_cast<std::uint64_t>(count)) return {};
  return fmt::format("has CPU {}; this machine has {} CPU{}, 0 .. {}", cpu, count,
                     count == 1 ? "" : "s", count - 1);
}

}  // namespace penstock::config
