// SPDX-License-Identifier: Apache-2.0
// processors.hpp: the processors of one sink, one after the other.
//
// Threads  [worker]
// Errors   what a processor throws, with which one it was
// Bound    an event that they make larger than processed_bytes_max is a failure
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "event/event_parts.hpp"
#include "event/view.hpp"
#include "penstock/options.hpp"
#include "penstock/processor.hpp"

namespace penstock::pipeline {

inline constexpr std::size_t processed_bytes_max = 32 * 1024 * 1024;

class Processors {
 public:
  // All of them, or why one cannot be made.
  static Result<std::unique_ptr<Processors>> make(const std::vector<ProcessorOptions>& options);

  // False when one dropped the event. `parts` may be changed; what they then refer to is valid
  // until the next call. May throw what a processor throws; failed() says then which it was.
  bool process(event::EventParts& parts);
  std::string_view failed() const noexcept { return failed_; }
  // What the user should know of them, although they work; empty: nothing.
  const std::string& concern() const noexcept { return concern_; }

 private:
  struct Named {
    std::string type;
    std::unique_ptr<Processor> processor;
  };

  void change(const penstock_event& event, event::EventParts& parts);

  std::vector<Named> processors_{};
  std::string_view failed_{};
  std::string concern_{};
  event::ViewArena arena_{};
  EventEdit edit_{};
  // What changed parts refer to.
  std::vector<FieldView> fields_{};
  std::vector<std::string_view> tags_{};
  TraceContext trace_{};
};

}  // namespace penstock::pipeline
