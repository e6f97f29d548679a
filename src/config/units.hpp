// SPDX-License-Identifier: Apache-2.0
// units.hpp: numbers with units in a configuration are those that plugins' options have too.
#pragma once

#include "base/units.hpp"

namespace penstock::config {

using base::format_duration;
using base::format_size;
using base::parse_count;
using base::parse_duration;
using base::parse_mode;
using base::parse_percent;
using base::parse_rate;
using base::parse_sample;
using base::parse_size;
using base::Parsed;
using base::Rate;

}  // namespace penstock::config
