// SPDX-License-Identifier: Apache-2.0
// config.hpp: YAML in, PipelineOptions out.
//
// Threads  [any]; nothing is shared between calls
// Bound    files up to 1 MiB, 32 levels deep, 100'000 values; more is refused before it is read
// Errors   all at once, each with file, line and column, in the order of the file; at most 100
#pragma once

#include <string>
#include <string_view>

#include "config/environment.hpp"
#include "config/plugin_types.hpp"
#include "penstock/options.hpp"
#include "penstock/result.hpp"

namespace penstock::config {

// Options that validate() has no complaint about, or every error. Only regular files are read, so
// it never waits for a writer. [any]
Result<PipelineOptions> load_file(const std::string& path,
                                  const Environment& environment = process_environment,
                                  const FindPlugins& find_plugins = {});

// The same for text that is in memory; errors carry `name_for_messages` as their file. [any]
Result<PipelineOptions> load_text(std::string_view yaml, const std::string& name_for_messages,
                                  const Environment& environment = process_environment,
                                  const FindPlugins& find_plugins = {});

}  // namespace penstock::config
