// SPDX-License-Identifier: Apache-2.0
// plugin_why.hpp: penstock plugin why: whether a plugin is used, and what keeps it from that.
#pragma once

#include "cli/arguments.hpp"

namespace penstock::cli {

// The exit status.
int explain_plugin(const PluginArguments& arguments);

}  // namespace penstock::cli
