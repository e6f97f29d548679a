// SPDX-License-Identifier: Apache-2.0
// trigger_reader.hpp: the list of triggers.
//
// Errors   reported with the position of the value
#pragma once

#include "config/sink_reader.hpp"
#include "config/tree.hpp"
#include "penstock/options.hpp"

namespace penstock::config {

// Fills options.triggers. `names` has the sinks of the file, options.sinks those that are usable.
void read_triggers(const Entry& triggers, PipelineOptions& options, const SinkNames& names,
                   Report& report);

}  // namespace penstock::config
