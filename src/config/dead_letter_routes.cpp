// SPDX-License-Identifier: Apache-2.0
#include "config/dead_letter_routes.hpp"

#include <algorithm>

namespace penstock::config {

bool dead_letters_return(const std::vector<SinkOptions>& sinks, std::string_view name) {
  std::string_view at = name;
  for (std::size_t steps = 0; steps <= sinks.size(); ++steps) {
    const auto sink = std::find_if(sinks.begin(), sinks.end(),
                                   [&](const SinkOptions& one) { return one.name == at; });
    if (sink == sinks.end() || sink->dead_letter.empty()) return false;
    at = sink->dead_letter;
    if (at == name) return true;
  }
  return false;
}

bool takes_dead_letters_only(const std::vector<SinkOptions>& sinks, std::string_view name) {
  return std::any_of(sinks.begin(), sinks.end(), [&](const SinkOptions& sink) {
    return sink.only_dead_letters && sink.name == name;
  });
}

}  // namespace penstock::config
