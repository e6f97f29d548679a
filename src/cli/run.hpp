// SPDX-License-Identifier: Apache-2.0
// run.hpp: `penstock run`: lines in, events to the sinks, and the account.
#pragma once

#include "cli/arguments.hpp"

namespace penstock::cli {

// Returns the program's exit code.
int run(const RunArguments& arguments);

}  // namespace penstock::cli
