// SPDX-License-Identifier: Apache-2.0
// call_watch.hpp: while it lives, the worker is in a call of its sink, and the supervisor watches
// how long that takes.
#pragma once

#include "pipeline/channel.hpp"
#include "pipeline/supervisor.hpp"

namespace penstock::pipeline {

class CallWatch {
 public:
  CallWatch(Supervisor& supervisor, Channel& channel) : supervisor_(supervisor), channel_(channel) {
    {
      std::lock_guard lock(channel_.mutex);
      channel_.call.emplace(Channel::Call{.since = std::chrono::steady_clock::now()});
    }
    supervisor_.call_begins();
  }
  ~CallWatch() {
    bool was_stuck = false;
    {
      std::lock_guard lock(channel_.mutex);
      was_stuck = channel_.call->stuck;
      if (was_stuck && !channel_.frozen) {
        channel_.ledger.state = channel_.call->state_before;
        channel_.ledger.last_error = std::move(channel_.call->error_before);
      }
      channel_.call.reset();
    }
    if (was_stuck) supervisor_.note(channel_, Supervisor::Kind::unstuck, {});
  }
  CallWatch(const CallWatch&) = delete;
  CallWatch& operator=(const CallWatch&) = delete;

 private:
  Supervisor& supervisor_;
  Channel& channel_;
};

}  // namespace penstock::pipeline
