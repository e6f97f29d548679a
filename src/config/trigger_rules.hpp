// SPDX-License-Identifier: Apache-2.0
// trigger_rules.hpp: what triggers must not do together.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "penstock/options.hpp"

namespace penstock::config {

struct TriggerCycle {
  std::size_t trigger = 0;  // the first of the cycle, in the order of the file
  std::string chain;        // "a -> b -> a"
};

// Event triggers whose new events would set each other off for ever. Only the first trigger of an
// event name counts, because only that one ever fires.
std::vector<TriggerCycle> find_cycles(std::span<const TriggerOptions> triggers);

}  // namespace penstock::config
