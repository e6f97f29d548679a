// SPDX-License-Identifier: Apache-2.0
// plugin_types.hpp: the sinks of plugins, for a configuration.
//
// Threads  one at a time; the factories that it gives [any]
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "config/plugin_types.hpp"
#include "penstock/result.hpp"
#include "plugin/catalog.hpp"
#include "plugin/plugin_guard.hpp"

namespace penstock::host {

// Lists the plugins in `more`, then in the directories that the file names, then where Penstock
// was installed. Runs none of them.
std::unique_ptr<config::PluginTypes> find_plugins(const config::PluginOptions& options,
                                                  const std::vector<std::string>& more);

struct Listing {
  plugin::Catalog catalog{};
  std::vector<plugin::Checked<plugin::Admission>> judgements{};  // of each of its plugins
};

// The same list as it stands in the configuration, which may be "" for none; and what would be said
// of the signatures. [any]
Result<Listing> read_catalog(const std::string& config_path, const std::vector<std::string>& more);

// The directory of the installation; it need not be there.
std::string installed_plugins();

}  // namespace penstock::host
