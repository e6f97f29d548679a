// SPDX-License-Identifier: Apache-2.0
// plugin_doc.hpp: penstock plugin doc: a plugin's page of reference, as its manifest has it.
#pragma once

#include <string>
#include <string_view>

#include "cli/arguments.hpp"
#include "plugin/manifest.hpp"

namespace penstock::cli {

// Text from a stranger, as such in Markdown, on one line: neither markup, nor HTML, nor a control
// character, nor the end of a table's cell. [any]
std::string in_markdown(std::string_view text);
// The same, as code. [any]
std::string as_code(std::string_view text);

// The page. [any]
std::string reference_of(const plugin::Manifest& manifest);

// The exit status.
int document_plugin(const PluginArguments& arguments);

}  // namespace penstock::cli
