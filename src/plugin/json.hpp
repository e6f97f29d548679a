// SPDX-License-Identifier: Apache-2.0
// json.hpp: values from JSON text, strictly, and to JSON text.
//
// Errors   of reading: one, with line and column where they are known
// Bound    json_bytes_max of text, json_depth_max levels of nesting
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "penstock/result.hpp"
#include "plugin/value.hpp"

namespace penstock::plugin {

inline constexpr std::size_t json_bytes_max = 4'194'304;
inline constexpr std::size_t json_depth_max = 24;

// RFC 8259 and no more; besides, no key twice in one object, no broken UTF-8 (lone surrogates are
// broken too), no number that neither a 64-bit integer nor a double holds. [any]
Result<Value> parse_json(std::string_view text);

// Without white space. Infinite numbers and NaN, which JSON lacks, become text; bytes that are not
// UTF-8 become U+FFFD. [any]
std::string json_text(const Value& value);

}  // namespace penstock::plugin
