// SPDX-License-Identifier: Apache-2.0
// built_in_reader.hpp: a sink of a type that is built in, from its options.
//
// Errors   reported with the position of the value
#pragma once

#include "config/keys.hpp"
#include "config/section.hpp"
#include "penstock/options.hpp"

namespace penstock::config {

// Sets options.make and options.path, and what a webhook needs of options.format and options.batch
// to be. What only sinks of other types have is not looked at.
void read_built_in(const Section& sink, const SinkType& type, SinkOptions& options);

}  // namespace penstock::config
