// SPDX-License-Identifier: Apache-2.0
// encoder.hpp: an event as one line of bytes.
//
// Threads  An encoder belongs to one thread at a time: it keeps scratch memory.
// Errors   std::bad_alloc only; `out` is then as it was before the event.
#pragma once

#include <memory>
#include <string_view>

#include "base/buffer.hpp"
#include "event/event_parts.hpp"
#include "penstock/options.hpp"
#include "penstock/result.hpp"

namespace penstock::event {

class Encoder {
 public:
  virtual ~Encoder() = default;
  // Appends one line; its only '\n' is its last byte.
  void encode(const EventParts& parts, base::Buffer& out) {
    const std::size_t start = out.size();
    try {
      append_line(parts, out);
    } catch (...) {
      out.resize_uninitialized(start);
      throw;
    }
  }

 private:
  // When it throws, what it has appended is taken back.
  virtual void append_line(const EventParts& parts, base::Buffer& out) = 0;
};

// Names in a pattern that check_pattern() refuses are shown as they are.
std::unique_ptr<Encoder> make_encoder(const FormatOptions& options);

// Every problem of a text pattern. Positions count from 1. [any]
Errors check_pattern(std::string_view pattern);

}  // namespace penstock::event
