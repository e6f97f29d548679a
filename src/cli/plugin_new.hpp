// SPDX-License-Identifier: Apache-2.0
// plugin_new.hpp: penstock plugin new: a plugin to begin with, that builds, is tested, and works.
//
// The files are those of templates/plugin, which are built into the program.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "cli/arguments.hpp"

namespace penstock::cli {

struct TemplateFile {
  std::string_view name;
  std::string_view text;
};

// Made of templates/plugin by the build.
extern const std::vector<TemplateFile> plugin_template;

struct NewPlugin {
  std::string name{};  // of the plugin and of its sink type: "kafka"
  std::string id{};    // "org.example.kafka"
};

// Why nothing can be called so, and what could; empty when it can. [any]
std::string name_fault(std::string_view name);
// "org.example.kafka" for "kafka". [any]
std::string default_id(std::string_view name);
// A file of the template for this plugin. [any]
std::string filled_in(std::string_view text, const NewPlugin& plugin);

// The exit status.
int new_plugin(const PluginArguments& arguments);

}  // namespace penstock::cli
