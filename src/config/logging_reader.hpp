// SPDX-License-Identifier: Apache-2.0
// logging_reader.hpp: the whole file: the top level and `logging`.
#pragma once

#include "config/plugin_types.hpp"
#include "config/tree.hpp"
#include "penstock/options.hpp"

namespace penstock::config {

// Good for use when `report` stays empty.
// `find_plugins` may be empty: then there are none.
PipelineOptions read_root(const TreeNode& root, const FindPlugins& find_plugins, Report& report);

}  // namespace penstock::config
