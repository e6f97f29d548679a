// SPDX-License-Identifier: Apache-2.0
// child.hpp: the part of penstock-plugin-host: runs one case, in this process.
//
// Threads  one
// Errors   what a case throws is its verdict; the rest is the process's end
#pragma once

#include <span>
#include <string>
#include <vector>

#include "kit/bench.hpp"
#include "kit/report.hpp"
#include "kit/verdict.hpp"

namespace penstock::kit {

// Where the starting process has put what the case needs.
inline constexpr int plugin_fd = 3;
inline constexpr int report_fd = 4;

// Runs the case `call.id` of `subject`. What it says stands in `report` too.
Verdict run_case(const Subject& subject, const CaseCall& call, Report& report);

// The whole of the child: the plugin is descriptor 3, the report 4. The arguments are case_words().
// The exit code.
int run_case_child(std::span<char* const> arguments, FindBuiltin find_builtin);
// For the command line of penstock-plugin-host, behind --case. `builtin`: its name, in place of a
// plugin; or empty.
std::vector<std::string> case_words(const CaseCall& call, const std::string& builtin);

}  // namespace penstock::kit
