// SPDX-License-Identifier: Apache-2.0
// tree_reader.hpp: YAML text to a tree. The only unit that knows the YAML library.
//
// Bound    refuses what exceeds the limits of tree.hpp while it reads, at the place where it does
// Errors   reported: syntax, several documents, duplicate keys, merge keys, tags, aliases that
//          contain themselves, environment variables that are not set
#pragma once

#include <string_view>

#include "config/environment.hpp"
#include "config/tree.hpp"

namespace penstock::config {

// Null when the text is no YAML document at all; the reasons are in `report`. A tree that comes
// with errors lacks what they are about.
TreePtr read_tree(std::string_view yaml, const Environment& environment, Report& report);

}  // namespace penstock::config
