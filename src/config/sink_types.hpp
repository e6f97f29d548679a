// SPDX-License-Identifier: Apache-2.0
// sink_types.hpp: the options that only one type of sink has.
//
// Errors   reported with the position of the value
#pragma once

#include "config/section.hpp"
#include "penstock/sinks.hpp"

namespace penstock::config {

ConsoleOptions read_console(const Section& sink);
FileOptions read_file(const Section& sink);

}  // namespace penstock::config
