// SPDX-License-Identifier: Apache-2.0
// manifest_rules.hpp: what a manifest must look like: its types and bounds as a schema of the kind
// that options have, and what a schema cannot say.
//
// Threads  [any]
// Errors   all at once
#pragma once

#include <string_view>

#include "penstock/result.hpp"
#include "plugin/value.hpp"

namespace penstock::plugin {

// Everything that is wrong with it, but for the config_schema of what it provides.
Errors check_manifest(const Value& manifest);

// "penstock.sink/1": parts as an id has them, and a revision from 1 on.
bool is_point(std::string_view text);
// "kafka": a lower-case letter, then letters, digits, '_' and '-'.
bool is_component_name(std::string_view text);

}  // namespace penstock::plugin
