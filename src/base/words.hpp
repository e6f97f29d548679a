// SPDX-License-Identifier: Apache-2.0
// words.hpp: words for error messages: what was written, and what was probably meant.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace penstock::base {

// " (did you mean 'x'?)", or nothing.
std::string did_you_mean(std::string_view written, std::span<const std::string_view> words);

// "a, b, c"
std::string listed(std::span<const std::string_view> words);

// `text` with its control characters escaped, so that no file can forge a line of a report.
std::string one_line(std::string_view text);

// 'text', on one line, and cut when it is long.
std::string in_quotes(std::string_view text);

}  // namespace penstock::base
