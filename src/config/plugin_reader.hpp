// SPDX-License-Identifier: Apache-2.0
// plugin_reader.hpp: the section `plugins`.
//
// Errors   reported with the position of the value
#pragma once

#include <optional>

#include "config/plugin_types.hpp"
#include "config/section.hpp"

namespace penstock::config {

// The defaults when the file has no such section.
PluginOptions read_plugins(const Section& root);

// Of one sink.
std::optional<Isolation> read_isolation(const Section& sink);

}  // namespace penstock::config
