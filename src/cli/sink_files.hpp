// SPDX-License-Identifier: Apache-2.0
// sink_files.hpp: does the program read, or replace, what its sinks write?
#pragma once

#include "cli/arguments.hpp"
#include "penstock/options.hpp"
#include "penstock/result.hpp"

namespace penstock::cli {

// An input that is also a sink's file would never end; a report would take the place of a log, an
// input or the configuration. Empty when there is no such thing.
Errors check_own_files(const RunArguments& arguments, const PipelineOptions& options);

}  // namespace penstock::cli
