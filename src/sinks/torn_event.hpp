// SPDX-License-Identifier: Apache-2.0
// torn_event.hpp: remembers an event of which only the front was written, where that cannot be
// undone (a pipe, a terminal), so that the next write goes on in the middle of it.
//
// Loss  none. When that event never comes back (its sink's policy dropped it), its line is ended
//       before another one begins.
#pragma once

#include <cstddef>
#include <cstdint>

namespace penstock::sinks {

class TornEvent {
 public:
  // `bytes` of the first event that is left of this batch stand there already.
  void remember(std::uint64_t batch_id, std::size_t bytes) noexcept {
    batch_id_ = batch_id;
    bytes_ = bytes;
  }
  void forget() noexcept {
    bytes_ = 0;
    line_is_open_ = false;
  }
  // Begins a batch with a first event of `event_bytes`: how much of it to leave out. When it is not
  // the torn one, its line is open.
  std::size_t resume(std::uint64_t batch_id, std::size_t event_bytes) noexcept {
    const std::size_t bytes = bytes_;
    bytes_ = 0;
    if (bytes == 0 || (batch_id == batch_id_ && bytes < event_bytes)) return bytes;
    line_is_open_ = true;
    return 0;
  }
  bool is_waiting() const noexcept { return bytes_ > 0; }

  // The next byte to write is a line break that belongs to no event.
  bool line_is_open() const noexcept { return line_is_open_; }
  void set_line_open(bool open) noexcept { line_is_open_ = open; }

 private:
  std::uint64_t batch_id_ = 0;
  std::size_t bytes_ = 0;
  bool line_is_open_ = false;
};

}  // namespace penstock::sinks
