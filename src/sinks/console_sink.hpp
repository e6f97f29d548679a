// SPDX-License-Identifier: Apache-2.0
// console_sink.hpp: writes encoded events to standard output or standard error.
//
// Threads  all [worker]; SIGPIPE must be blocked there (or ignored)
// Loss     none. A short write is gone on with in the middle of the event, and a stream that has no
//          room is waited for.
// Errors   no reader, no room -> retry; others -> fatal
#pragma once

#include <span>
#include <string_view>

#include "penstock/sinks.hpp"
#include "sinks/color.hpp"
#include "sinks/file_system.hpp"
#include "sinks/torn_event.hpp"

namespace penstock::sinks {

// Whether to color: Color::automatic does on a terminal that is not "dumb", unless NO_COLOR is set
// to something. [any]
bool wants_color(Color color, int fd);

class ConsoleSink final : public Sink {
 public:
  struct Target {
    int fd = 1;
    bool colored = false;
  };

  ConsoleSink(Target target, FileSystem& files) : target_(target), files_(files) {}

  // Events only for their levels.
  Needs needs() const noexcept override { return {.events = target_.colored, .encoded = true}; }
  Status open(SinkContext& context) override;
  WriteResult write(const Batch& batch) override;

 private:
  WriteResult write_text(std::uint64_t batch_id, std::string_view text,
                         std::span<const std::uint32_t> ends);

  Target target_;
  FileSystem& files_;
  TornEvent torn_;
  ColoredText colored_;
};

}  // namespace penstock::sinks
