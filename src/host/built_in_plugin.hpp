// SPDX-License-Identifier: Apache-2.0
// built_in_plugin.hpp: the types of sinks that are built in, seen through the structs of plugins.
//
// Threads  [any]; the functions of their factories by one thread at a time, as those of any plugin
// Errors   create() says what is wrong with the options, as the configuration would
#pragma once

#include <string_view>

#include "penstock/plugin/abi.h"

namespace penstock::host {

// The plugin that provides `type` and nothing else, or null when no such type is built in. Its
// options are those of the configuration; what every sink has is not among them. Static.
const penstock_plugin* find_built_in(std::string_view type);

}  // namespace penstock::host
