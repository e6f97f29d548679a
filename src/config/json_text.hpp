// SPDX-License-Identifier: Apache-2.0
// json_text.hpp: lists and mappings as JSON text, for fields, which hold single values.
#pragma once

#include <string>

#include "config/tree.hpp"

namespace penstock::config {

// Scalars keep their types; infinite numbers and NaN, which JSON lacks, become text.
std::string json_text(const Entry& entry, Report& report);

}  // namespace penstock::config
