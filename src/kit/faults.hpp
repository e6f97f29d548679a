// SPDX-License-Identifier: Apache-2.0
// faults.hpp: what fails in the process of a case because the case has said so.
//
// Threads  one
// Errors   Skip, when penstock-kit-faults.so was not loaded with this process
#pragma once

#include <cstdint>

#include "kit/bench.hpp"
#include "kit_faults/faults.hpp"

namespace penstock::kit {

// Throws Skip.
const Faults& faults_here();
// The same; null when there are none.
const Faults* find_faults() noexcept;

// Sees to it that it is the plugin's allocations that fail. Throws Skip.
void watch_plugin(Bench& bench, const Faults& faults);

// While it is there, allocation number `number` of the plugin in this thread fails.
class FailingAllocation {
 public:
  FailingAllocation(const Faults& faults, std::uint64_t number) : faults_(faults) {
    faults_.fail_allocation(number);
  }
  ~FailingAllocation() { faults_.fail_allocation(0); }
  FailingAllocation(const FailingAllocation&) = delete;
  FailingAllocation& operator=(const FailingAllocation&) = delete;

 private:
  const Faults& faults_;
};

// While it is there, the network is not as usual.
class Outage {
 public:
  Outage(const Faults& faults, Network network) : faults_(faults) { faults_.set_network(network); }
  ~Outage() { faults_.set_network(Network::up); }
  Outage(const Outage&) = delete;
  Outage& operator=(const Outage&) = delete;

 private:
  const Faults& faults_;
};

// Ends every connection of this process, as a peer does that goes away.
void end_connections();

}  // namespace penstock::kit
