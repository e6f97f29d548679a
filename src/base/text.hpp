// SPDX-License-Identifier: Apache-2.0
// text.hpp: small questions about words, for error messages.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>

namespace penstock::base {

// Insertions, deletions, replacements and swaps of neighbours that turn `a` into `b`, capitals
// ignored (Damerau-Levenshtein, each letter moved at most once). [any]
std::size_t edit_distance(std::string_view a, std::string_view b);

// The word that `written` was probably meant to be; empty when none is near. The first of equals.
// [any]
std::string_view nearest_word(std::string_view written, std::span<const std::string_view> words);

}  // namespace penstock::base
