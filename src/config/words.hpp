// SPDX-License-Identifier: Apache-2.0
// words.hpp: words for error messages about a configuration.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "base/words.hpp"

namespace penstock::config {

using base::did_you_mean;
using base::in_quotes;
using base::listed;
using base::one_line;

// "'key' names the unknown sink 'x'", and which there are.
std::string unknown_sink(std::string_view key, std::string_view written,
                         std::span<const std::string_view> sinks);

}  // namespace penstock::config
