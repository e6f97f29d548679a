// SPDX-License-Identifier: Apache-2.0
// check.hpp: `penstock check`: would `penstock run` take this configuration?
#pragma once

#include "cli/arguments.hpp"

namespace penstock::cli {

// Returns the program's exit code.
int check(const CheckArguments& arguments);

}  // namespace penstock::cli
