// SPDX-License-Identifier: Apache-2.0
// source.hpp: the bytes of a configuration file, or why there are none.
//
// Bound    source_bytes_max; a larger file is refused, not read
// Errors   a file that is missing, unreadable, too large, or no regular file; never waits for one
#pragma once

#include <cstddef>
#include <string>

#include "penstock/result.hpp"

namespace penstock::config {

inline constexpr std::size_t source_bytes_max = 1'048'576;

Result<std::string> read_source(const std::string& path);

}  // namespace penstock::config
