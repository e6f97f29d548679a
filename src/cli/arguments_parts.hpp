// SPDX-License-Identifier: Apache-2.0
// arguments_parts.hpp: what the files that declare arguments share: arguments.cpp, and
// arguments_plugin.cpp for the commands of `penstock plugin`.
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "cli/arguments.hpp"

namespace CLI {
class App;
}

namespace penstock::cli {

// ---- arguments.cpp

// "; did you mean 'check'?", or nothing.
std::string did_you_mean(std::string_view word, const std::vector<std::string>& choices);
Answer wrong_usage(std::string_view command, const std::string& what);
// Of an option that is given twice and takes one value; empty: there is none.
std::string repeated_option(const CLI::App& command);
std::vector<std::string> long_names(const CLI::App& command);
// "10s", "500ms"; a plain number is seconds. What is wrong with it; empty: nothing.
std::string set_duration(const char* option, const std::string& text,
                         std::chrono::nanoseconds& target);
void declare_plugin_directories(CLI::App& command, std::vector<std::string>& target);

// ---- arguments_plugin.cpp

void declare_plugin(CLI::App& plugin, PluginArguments& target);
// `target` when all is there.
Arguments finish_plugin(const CLI::App& plugin, PluginArguments& target);
// Of a word that could not be placed.
Answer unexpected_plugin(const CLI::App& plugin, const std::string& word);

}  // namespace penstock::cli
