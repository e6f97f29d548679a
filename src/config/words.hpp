// SPDX-License-Identifier: Apache-2.0
// words.hpp: words for error messages: what was written, and what was probably meant.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace penstock::config {

// Insertions, deletions, replacements and swaps of neighbours that turn `a` into `b`, capitals
// ignored (Damerau-Levenshtein, each letter moved at most once).
std::size_t edit_distance(std::string_view a, std::string_view b);

// The word that `written` was probably meant to be; empty when none is near. The first of equals.
std::string_view nearest(std::string_view written, std::span<const std::string_view> words);

// " (did you mean 'x'?)", or nothing.
std::string did_you_mean(std::string_view written, std::span<const std::string_view> words);

// "a, b, c"
std::string listed(std::span<const std::string_view> words);

// `text` with its control characters escaped, so that no file can forge a line of a report.
std::string one_line(std::string_view text);

// 'text', on one line, and cut when it is long.
std::string in_quotes(std::string_view text);

}  // namespace penstock::config
