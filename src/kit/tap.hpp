// SPDX-License-Identifier: Apache-2.0
// tap.hpp: results as lines of TAP 14.
#pragma once

#include <cstddef>
#include <string>

#include "kit/runner.hpp"

namespace penstock::kit {

// The version, and how many cases there are. [any]
std::string tap_begin(std::size_t count);
// "not ok 3 - write.one print", and what is known of it, as YAML. [any]
std::string tap_result(std::size_t number, const PlannedCase& planned, const CaseResult& result);

}  // namespace penstock::kit
