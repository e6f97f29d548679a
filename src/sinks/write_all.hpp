// SPDX-License-Identifier: Apache-2.0
// write_all.hpp: writes text to a descriptor until all of it is there or it cannot go on.
//
// Loss  none: what was written before an error is told.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "sinks/file_system.hpp"

namespace penstock::sinks {

struct Written {
  std::size_t bytes = 0;
  int error = 0;  // errno; 0: everything was written
};

// One write(2) when the system takes it whole; carries on after short and interrupted ones, and
// waits where a non-blocking descriptor has no room. SIGPIPE must be blocked or ignored. [any]
Written write_all(FileSystem& files, int fd, std::string_view text);

// How many events end at or before `limit`.
std::size_t events_within(std::span<const std::uint32_t> ends, std::uint64_t limit) noexcept;

// Errors that pass by themselves: no room now (disk, quota, file size limit), or no reader.
bool is_full(int error) noexcept;
bool is_passing(int error) noexcept;

}  // namespace penstock::sinks
