// SPDX-License-Identifier: Apache-2.0
// format_split.hpp: a format string taken apart, where each placeholder stands for the next
// argument.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace penstock::event {

struct FormatSplit {
  std::vector<std::string> literals{};    // one more than specs
  std::vector<std::string_view> specs{};  // "{}", "{:>8}": parts of the format string
};

// False when only fmt itself can tell what the string means: numbered, named or nested arguments,
// a closing brace as fill, or a mistake.
bool split_format(std::string_view format, FormatSplit& split);

}  // namespace penstock::event
