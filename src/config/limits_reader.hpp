// SPDX-License-Identifier: Apache-2.0
// limits_reader.hpp: the key `limits` of a sink.
//
// Errors   reported with the position of the value
#pragma once

#include "config/section.hpp"
#include "penstock/options.hpp"

namespace penstock::config {

// The defaults when the sink has no such key.
void read_limits(const Section& sink, LimitOptions& target);

}  // namespace penstock::config
