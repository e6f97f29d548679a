// SPDX-License-Identifier: Apache-2.0
// processor_reader.hpp: the key `processors` of a sink.
//
// Errors   reported with the position of the value
#pragma once

#include <string>

#include "config/plugin_types.hpp"
#include "config/section.hpp"
#include "penstock/options.hpp"

namespace penstock::config {

// Fills target.processors. Says why the sink cannot do with those that there are: without one that
// it should have, it does not run. Empty: it can, or the report says what is wrong.
std::string read_processors(const Section& sink, const Plugins& plugins, SinkOptions& target);

// What becomes of the dead letters of a sink with processors has to be said: they are the events as
// they were before.
void check_processed_letters(const Entry& sinks, Report& report);

}  // namespace penstock::config
