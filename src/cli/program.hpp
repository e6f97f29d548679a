// SPDX-License-Identifier: Apache-2.0
// program.hpp: the whole of the `penstock` program.
#pragma once

namespace penstock::cli {

// Returns the exit code.
int run_program(int argc, const char* const* argv);

}  // namespace penstock::cli
