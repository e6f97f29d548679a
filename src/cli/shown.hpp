// SPDX-License-Identifier: Apache-2.0
// shown.hpp: text from elsewhere (input, paths, the command line), made fit to be shown to people.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace penstock::cli {

// Longer names are cut.
inline constexpr std::size_t shown_name_bytes = 60;
// Longer messages are cut, so that each can be written at once.
inline constexpr std::size_t shown_bytes = 1000;

// On one line, with its control characters escaped: it can neither forge a line nor steer a
// terminal. [any]
std::string shown(std::string_view text, std::size_t bytes_max = shown_bytes);

}  // namespace penstock::cli
