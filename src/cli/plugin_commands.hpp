// SPDX-License-Identifier: Apache-2.0
// plugin_commands.hpp: penstock plugin COMMAND.
#pragma once

#include "cli/arguments.hpp"

namespace penstock::cli {

// The exit status.
int plugin_command(const PluginArguments& arguments);

}  // namespace penstock::cli
