// SPDX-License-Identifier: Apache-2.0
// account.hpp: what became of the events, for people.
#pragma once

#include <cstdint>
#include <string>

#include "cli/outcome.hpp"

namespace penstock::cli {

// A table of the sinks and, below it, all that is out of the ordinary; the last line is the
// verdict.
std::string account_text(const Outcome& outcome, bool colored);

// 1234567 as "1,234,567".
std::string with_commas(std::int64_t number);

// Events in a second: "812", "45.2 k", "3.21 M".
std::string rate_text(double per_second);

// May standard error be coloured? On a terminal, unless NO_COLOR is set or TERM is "dumb".
bool wants_color(int fd);

}  // namespace penstock::cli
