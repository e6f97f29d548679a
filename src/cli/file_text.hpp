// SPDX-License-Identifier: Apache-2.0
// file_text.hpp: text to a file descriptor, past streams and their buffers.
#pragma once

#include <chrono>
#include <string_view>

namespace penstock::cli {

// False, with errno, when not all of it could be written. Waits for a descriptor that is not ready,
// one second at most.
bool write_all(int fd, std::string_view text) noexcept;

// The same for a pipe, terminal or socket that may block: gives up, with EAGAIN, when `time` is
// over. The descriptor's flags stay as they are, for others use it too.
bool write_within(int fd, std::string_view text, std::chrono::nanoseconds time) noexcept;

}  // namespace penstock::cli
