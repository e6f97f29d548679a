// SPDX-License-Identifier: Apache-2.0
// plugin_types.hpp: what a configuration asks about the types of sinks that are not built in. The
// answers come from above: this level knows no plugins.
//
// Threads  one at a time
// Errors   reported with the position of the value
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/tree.hpp"
#include "penstock/options.hpp"

namespace penstock::config {

// The section `plugins`.
struct PluginOptions {
  std::vector<std::string> directories{};  // absolute
  bool is_written = false;                 // the file has the section
};

class PluginTypes {
 public:
  virtual ~PluginTypes() = default;
  // The types that there are, sorted.
  virtual std::vector<std::string> names() const = 0;

  struct Answer {
    SinkFactory make{};
    std::string left_out{};  // why there is none; empty: there is one, or the report says it all
    std::string plugin{};    // the id of the plugin that provides it
  };
  // `own` are the keys of the sink that not every sink has. Empty when nobody provides the type.
  virtual std::optional<Answer> find(const SinkOptions& sink, const TreeNode& place,
                                     const std::vector<const Member*>& own, Report& report) = 0;
};

// Looks for plugins, once the options are known.
using FindPlugins = std::function<std::unique_ptr<PluginTypes>(const PluginOptions&)>;

}  // namespace penstock::config
