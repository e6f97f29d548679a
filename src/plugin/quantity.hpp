// SPDX-License-Identifier: Apache-2.0
// quantity.hpp: durations and sizes in the options of a plugin, written as in the rest of the file
// (src/config/units.hpp, a sibling that is not included here; a test holds the two together).
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace penstock::plugin {

// 5ms, 1.5h, 0: nanoseconds. Units: ns us ms s m h d; only 0 needs none. [any]
std::optional<std::uint64_t> parse_duration(std::string_view text);

// 64MiB, 512 kB, 10485760: bytes. Units: B kB KB MB GB TB KiB MiB GiB TiB. [any]
std::optional<std::uint64_t> parse_size(std::string_view text);

}  // namespace penstock::plugin
