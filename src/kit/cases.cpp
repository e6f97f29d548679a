// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "kit/case.hpp"

namespace penstock::kit {
namespace {

std::vector<Case> in_order() {
  std::vector<Case> all;
  for (const std::span<const Case> part :
       {load_cases(), host_cases(), first_life_cases(), first_write_cases(),
        first_processor_cases(), life_cases(), write_cases(), settle_cases(), layout_cases(),
        config_cases(), fault_cases(), memory_cases(), network_cases(), processor_cases(),
        hygiene_cases(), last_cases(), speed_cases()}) {
    all.insert(all.end(), part.begin(), part.end());
  }
  return all;
}

const std::vector<Case>& table() {
  static const std::vector<Case> all = in_order();
  return all;
}

}  // namespace

std::span<const Case> cases() { return table(); }

const Case* find_case(std::string_view id) {
  const auto found =
      std::find_if(table().begin(), table().end(), [&](const Case& each) { return each.id == id; });
  return found == table().end() ? nullptr : &*found;
}

}  // namespace penstock::kit
