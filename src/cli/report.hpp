// SPDX-License-Identifier: Apache-2.0
// report.hpp: what became of the events, as JSON, for programs.
//
// For every sink: accepted = delivered + filtered + dropped (all reasons) + dead_lettered +
// in_queue + in_spool + in_flight.
#pragma once

#include <string>

#include "cli/outcome.hpp"
#include "penstock/result.hpp"

namespace penstock::cli {

// One JSON object and a line end.
std::string report_json(const Outcome& outcome);

// "-" is standard output. A file is there as a whole or not at all.
Status write_report(const std::string& path, const std::string& json);

}  // namespace penstock::cli
