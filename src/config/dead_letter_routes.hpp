// SPDX-License-Identifier: Apache-2.0
// dead_letter_routes.hpp: where dead letters go in the end.
#pragma once

#include <string_view>
#include <vector>

#include "penstock/options.hpp"

namespace penstock::config {

// True when following `dead_letter` from this sink comes back to it.
bool dead_letters_return(const std::vector<SinkOptions>& sinks, std::string_view name);

}  // namespace penstock::config
