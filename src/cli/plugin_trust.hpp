// SPDX-License-Identifier: Apache-2.0
// plugin_trust.hpp: penstock plugin trust and revoke: whose signatures count.
#pragma once

#include "cli/arguments.hpp"

namespace penstock::cli {

// The exit status.
int add_trust(const PluginArguments& arguments);
int list_trust(const PluginArguments& arguments);
int remove_trust(const PluginArguments& arguments);
int revoke(const PluginArguments& arguments);

}  // namespace penstock::cli
