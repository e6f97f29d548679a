// SPDX-License-Identifier: Apache-2.0
// dead_letters.hpp: the way of events that a sink refused to its dead-letter sink: the record as it
// was written, and fields that say what was wrong.
//
// Threads  [worker] of the sink that refused
// Order    as they are posted
// Loss     none: without room in the queue nothing has happened, and the worker comes again
#pragma once

#include <cstdint>
#include <string>

#include "pipeline/channel.hpp"
#include "pipeline/load.hpp"
#include "pipeline/tries.hpp"

namespace penstock::pipeline {

class Core;

class DeadLetters {
 public:
  enum class Outcome { posted, no_room, no_route };
  struct Letter {
    const std::string& reason;
    std::uint32_t attempts;
    const Tries::Trouble& first;
    const Tries::Trouble& last;
  };

  // From the sink of `from`. In the worker's thread, once all sinks have been opened.
  DeadLetters(Core& core, const Channel& from);

  // no_route: the dead-letter sink could not be opened, or has ended. Never waits.
  Outcome post(const Origin& origin, const Letter& letter);

 private:
  Core& core_;
  const Channel& from_;
  Channel* to_;
  Producer* producer_ = nullptr;
  std::string context_{};
  std::string record_{};
};

}  // namespace penstock::pipeline
