// SPDX-License-Identifier: Apache-2.0
// faults.hpp: memory and a network that fail when they are told to: what penstock-kit-faults.so
// has, which is preloaded and stands before the C library's malloc() and connect().
//
// Threads  each says so
#pragma once

#include <cstddef>
#include <cstdint>

namespace penstock::kit {

// Where code lies in memory.
struct Image {
  std::uintptr_t begin = 0;
  std::uintptr_t end = 0;
};

enum class Network : std::uint32_t {
  up,
  slow,  // each connect() and send() takes longer
  down   // connect() is refused, and so is what is sent as a datagram
};

struct Faults {
  // Whose allocations are its own: those that `plugin` asks for, directly or by the C++ library
  // `runtime`. What its other libraries allocate is their own affair, and many of them end the
  // process. Before the first of the two below. [one thread]
  void (*watch)(Image plugin, Image runtime);
  // Of the own allocations of this thread, from now on, number `number` fails; 0: none. [any]
  void (*fail_allocation)(std::uint64_t number);
  // How many there were since then. [any]
  std::uint64_t (*own_allocations)();
  // Those of this thread since its begin, of whatever code. [any]
  std::uint64_t (*all_allocations)();
  // Of this process. Streams that are connected stay so. [any]
  void (*set_network)(Network network);
  // How often something was to be connected, or a datagram to be sent to an address. [any]
  std::uint64_t (*connections)();
};

inline constexpr const char* faults_name = "penstock_kit_faults_v1";

}  // namespace penstock::kit

extern "C" [[gnu::visibility("default")]] const penstock::kit::Faults penstock_kit_faults_v1;
