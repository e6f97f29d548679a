// SPDX-License-Identifier: Apache-2.0
#include "config/trigger_rules.hpp"

#include <algorithm>
#include <string_view>
#include <unordered_map>

namespace penstock::config {
namespace {

constexpr std::size_t names_shown_max = 20;

constexpr std::size_t none = static_cast<std::size_t>(-1);

// For each trigger, the trigger that its new event sets off.
std::vector<std::size_t> successors(std::span<const TriggerOptions> triggers) {
  std::unordered_map<std::string_view, std::size_t> first;
  for (std::size_t i = 0; i < triggers.size(); ++i) {
    if (!triggers[i].event.empty()) first.emplace(triggers[i].event, i);
  }
  std::vector<std::size_t> next(triggers.size(), none);
  for (const auto& [event, i] : first) {
    const auto found = first.find(triggers[i].details.event);
    if (found != first.end()) next[i] = found->second;
  }
  return next;
}

std::string chain_text(std::span<const TriggerOptions> triggers,
                       const std::vector<std::size_t>& next, std::size_t start) {
  std::string text = triggers[start].event;
  std::size_t shown = 1;
  for (std::size_t i = next[start]; i != start; i = next[i]) {
    if (++shown == names_shown_max) text += " -> ...";
    if (shown < names_shown_max) text += " -> " + triggers[i].event;
  }
  return text + " -> " + triggers[start].event;
}

}  // namespace

std::vector<TriggerCycle> find_cycles(std::span<const TriggerOptions> triggers) {
  const std::vector<std::size_t> next = successors(triggers);
  std::vector<std::size_t> walk_of(triggers.size(), none);  // the walk that came by first
  std::vector<TriggerCycle> cycles;
  for (std::size_t start = 0; start < triggers.size(); ++start) {
    std::size_t i = start;
    while (i != none && walk_of[i] == none) {
      walk_of[i] = start;
      i = next[i];
    }
    if (i == none || walk_of[i] != start) continue;
    std::size_t lowest = i;
    for (std::size_t j = next[i]; j != i; j = next[j]) lowest = std::min(lowest, j);
    cycles.push_back({lowest, chain_text(triggers, next, lowest)});
  }
  return cycles;
}

}  // namespace penstock::config
