// SPDX-License-Identifier: Apache-2.0
// names.hpp: which names are possible.
#pragma once

#include <algorithm>
#include <string_view>

namespace penstock::config {

// The one action of a tag trigger.
inline constexpr std::string_view route_to_sink = "route_to_sink";

// Parts with dots between them; the empty name is the root. A part that is empty ("a..b", ".")
// cannot be meant.
inline bool is_logger_name(std::string_view name) {
  return name.empty() ||
         (name.front() != '.' && name.back() != '.' && name.find("..") == std::string_view::npos);
}

// Letters, digits, underscore.
inline bool is_sink_name(std::string_view name) {
  return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  });
}

}  // namespace penstock::config
