// SPDX-License-Identifier: Apache-2.0
// dead_letter_routes.hpp: where dead letters go in the end, and where nothing else goes.
#pragma once

#include <string_view>
#include <vector>

#include "penstock/options.hpp"

namespace penstock::config {

// True when following `dead_letter` from this sink comes back to it.
bool dead_letters_return(const std::vector<SinkOptions>& sinks, std::string_view name);

// True when the sink of that name has `only_dead_letters`: no trigger can send it anything.
bool takes_dead_letters_only(const std::vector<SinkOptions>& sinks, std::string_view name);

}  // namespace penstock::config
