// SPDX-License-Identifier: Apache-2.0
// scalar.hpp: the type of a value whose type the file decides (YAML 1.2, core schema).
#pragma once

#include "config/tree.hpp"
#include "config/units.hpp"
#include "penstock/field.hpp"

namespace penstock::config {

// true, false, whole numbers (42, -1, 0x2A, 0o52), and numbers (1.5, 1e3, .inf, .nan) when the
// scalar is plain; otherwise text, for which the Value is the empty text. Whole numbers with a
// leading zero are a problem: YAML 1.1 and 1.2 disagree about them.
Parsed<Value> parse_scalar(const TreeNode& scalar);

}  // namespace penstock::config
