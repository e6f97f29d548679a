// SPDX-License-Identifier: Apache-2.0
// logging_reader.hpp: the whole file: the top level and `logging`.
#pragma once

#include "config/tree.hpp"
#include "penstock/options.hpp"

namespace penstock::config {

// Good for use when `report` stays empty.
PipelineOptions read_root(const TreeNode& root, Report& report);

}  // namespace penstock::config
