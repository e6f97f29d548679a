// SPDX-License-Identifier: Apache-2.0
// words.hpp: words for messages about what strangers wrote: file names, manifests, values.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace penstock::plugin {

// Made harmless for one line: no control character, no line break. [any]
std::string one_line(std::string_view text);

// 'text', on one line, and cut when it is long. [any]
std::string in_quotes(std::string_view text);

// " (did you mean 'x'?)", or nothing. [any]
std::string did_you_mean(std::string_view written, std::span<const std::string_view> words);

// "a, b, c" [any]
std::string listed(std::span<const std::string_view> words);

// True when a listing may show it as it is: UTF-8 without control characters. [any]
bool is_plain_text(std::string_view text);

}  // namespace penstock::plugin
