// SPDX-License-Identifier: Apache-2.0
// call_site_unit.hpp: the same calls, to be compiled into two translation units under two names.
//
// Each call is the first, second, ... of its unit, with the same arguments in both; only the
// literals tell them apart. The messages begin with the unit's name.
#pragma once

#include "penstock/penstock.hpp"
#include "support/pipeline_test.hpp"

namespace penstock::test {

void log_from_first_unit(const Logger& log, int number, const std::string& text);
void log_from_second_unit(const Logger& log, int number, const std::string& text);

}  // namespace penstock::test
