// SPDX-License-Identifier: Apache-2.0
// plugin_signing.hpp: penstock plugin verify, keygen and sign: what publishers of plugins need.
#pragma once

#include <string>

#include "cli/arguments.hpp"
#include "penstock/result.hpp"
#include "plugin/catalog.hpp"

namespace penstock::cli {

// A plugin that lies where it is built: who may write there is looked at when it is used.
plugin::Checked<plugin::Plugin> read_plugin_file(const std::string& path);
// The same, opened and no more.
plugin::Checked<plugin::PluginFile> open_plugin_file(const std::string& path);

// A path that the user wrote, from the root and without links; its last part need not be there.
Result<std::string> whole_path(const std::string& path);

// The exit status.
int verify_plugin(const PluginArguments& arguments);
int make_keys(const PluginArguments& arguments);
int sign_plugin(const PluginArguments& arguments);

}  // namespace penstock::cli
