// SPDX-License-Identifier: Apache-2.0
// json_grammar.hpp: is a text JSON, by RFC 8259, to the letter?
//
// For parts of a line that are handed on as text, and so are not parsed otherwise. Strings may hold
// any bytes here: that they are UTF-8 without control characters is known from the whole line.
//
// Bound    json_depth_max levels of nesting
#pragma once

#include <cstddef>
#include <string_view>

namespace penstock::cli {

inline constexpr std::size_t json_depth_max = 256;

// A value with nothing but white space around it. [any]
bool is_json(std::string_view text) noexcept;

// A number and nothing else. [any]
bool is_json_number(std::string_view text) noexcept;

}  // namespace penstock::cli
