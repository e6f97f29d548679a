// SPDX-License-Identifier: Apache-2.0
// encoded.hpp: the messages of a batch, ready to be sent.
//
// Threads  a value
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

#include "bytes.hpp"

namespace penstock::syslog {

struct Encoded {
  // One message with what frames it. An event has none (it was refused), one, or several (split).
  struct Frame {
    std::uint32_t end = 0;    // in `bytes`
    std::uint32_t event = 0;  // its position in the batch
  };

  Bytes bytes{};
  std::vector<Frame> frames{};
  std::vector<std::uint32_t> refused{};  // positions, ascending: too large
  std::size_t events = 0;

  void clear() noexcept {
    bytes.clear();
    frames.clear();
    refused.clear();
    events = 0;
  }
  std::uint32_t begin_of(std::size_t frame) const noexcept {
    return frame == 0 ? 0 : frames[frame - 1].end;
  }
  std::string_view text(std::size_t frame) const noexcept {
    const std::uint32_t begin = begin_of(frame);
    return bytes.view().substr(begin, frames[frame].end - begin);
  }
  // Frames that lie within the first `size` bytes.
  std::size_t frames_within(std::uint64_t size) const noexcept {
    std::size_t low = 0;
    std::size_t high = frames.size();
    while (low < high) {
      const std::size_t middle = (low + high) / 2;
      if (frames[middle].end <= size) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  }
  // Events at the front that are done with when so many frames have arrived.
  std::size_t events_within(std::size_t arrived) const noexcept {
    return arrived == frames.size() ? events : frames[arrived].event;
  }
};

}  // namespace penstock::syslog
