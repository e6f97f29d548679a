// SPDX-License-Identifier: Apache-2.0
// plugin_test.hpp: penstock plugin test.
#pragma once

#include <span>

#include "cli/arguments.hpp"

namespace penstock::cli {

// The exit status.
int test_plugin(const PluginArguments& arguments);

// The part of the process that test_plugin() starts for a case of what is built in: `words` are
// those behind `plugin --case`. The exit status.
int run_builtin_case(std::span<char* const> words);

}  // namespace penstock::cli
