// SPDX-License-Identifier: Apache-2.0
// cpus.hpp: which CPUs a sink's thread can be bound to on this machine.
#pragma once

#include <cstdint>
#include <string>

namespace penstock::config {

// "has CPU 64; this machine has 8 CPUs, 0 .. 7". Empty when the machine has that one. [any]
std::string cpu_problem(std::uint64_t cpu);

}  // namespace penstock::config
