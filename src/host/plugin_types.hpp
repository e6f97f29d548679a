// SPDX-License-Identifier: Apache-2.0
// plugin_types.hpp: the sinks of plugins, for a configuration.
//
// Threads  one at a time; the factories that it gives [any]
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "config/plugin_types.hpp"
#include "penstock/result.hpp"
#include "plugin/catalog.hpp"
#include "plugin/plugin_guard.hpp"
#include "plugin/value.hpp"

namespace penstock::host {

// Lists the plugins in `more`, then in the directories that the file names, then where Penstock
// was installed. Runs none of them.
std::unique_ptr<config::PluginTypes> find_plugins(const config::PluginOptions& options,
                                                  const std::vector<std::string>& more);

struct Listing {
  struct Sink {
    std::string name{};
    std::string type{};
    std::vector<std::string> processors{};  // their types
  };

  plugin::Catalog catalog{};
  std::vector<plugin::Checked<plugin::Admission>> judgements{};  // of each of its plugins
  std::vector<std::string> directories{};                        // that were looked into
  std::vector<Sink> sinks{};  // of the configuration, but for those that are left out
  Errors errors{};            // of the configuration
  bool is_read = false;       // the configuration, as far as its section `plugins`
};

// The same list as it stands in the configuration, which may be "" for none; and what would be said
// of the signatures. What is wrong with the configuration is in `errors`. [any]
Listing survey(const std::string& config_path, const std::vector<std::string>& more);
// The same, unless there is an error. [any]
Result<Listing> read_catalog(const std::string& config_path, const std::vector<std::string>& more);

// The options of one component, written in YAML as they would stand in its sink, checked and with
// their defaults. `name` is what messages call the text. "${TMP}" stays as it is. [any]
Result<plugin::Value> read_plugin_options(std::string_view yaml, const std::string& name,
                                          const plugin::Component& component);

// The directory of the installation; it need not be there.
std::string installed_plugins();

}  // namespace penstock::host
