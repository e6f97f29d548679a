// SPDX-License-Identifier: Apache-2.0
// supervisor.hpp: a pipeline's one thread beside its workers: it sees calls of sinks that take too
// long and sinks that lose events, and tells of every trouble as an event of the logger `penstock`.
//
// Threads  all [any], but start and stop [control]
// Order    its mutex is inside no other and holds none
// Bound    an event of each kind and sink every 10 s; the next one says how many were left out
// Loss     an event of its own goes to the sinks that are well and have room, and counts as
//          filtered at the others
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "penstock/level.hpp"
#include "pipeline/channel.hpp"

namespace penstock::pipeline {

class Core;

class Supervisor {
 public:
  using Time = std::chrono::steady_clock::time_point;
  enum class Kind : std::uint8_t {
    down,          // cannot deliver, and will be asked again
    breaker_open,  // has failed so often that it is only probed
    back,          // delivers again
    stuck,         // a call takes too long
    unstuck,       // and has returned
    losing,        // drops events
    lossless,      // and has stopped to
  };

  // `told`: tell of troubles at all.
  Supervisor(Core& core, bool told);
  ~Supervisor();

  void start();
  // Tells what is left to tell, and no more from then on; goes on watching.
  void stop_telling();
  // Ends the thread. Never waits for a sink.
  void stop();

  // A worker calls its sink now.
  void call_begins() noexcept;
  // Something happened at a sink. Never waits.
  void note(const Channel& channel, Kind kind, std::string detail) noexcept;
  // Events are being dropped at some sink.
  void events_are_dropped() noexcept;

 private:
  struct Note {
    const Channel* channel;
    Kind kind;
    std::string detail;
    std::uint64_t ticks;
  };
  // Drops at a sink: from the first until there have been none for a while.
  struct Loss {
    std::int64_t seen = 0;    // dropped in all, when last looked
    std::int64_t before = 0;  // when it began
    bool open = false;
    Time last{};
  };
  struct Quota {
    Time next{};
    std::int64_t left_out = 0;
    std::optional<Note> last{};  // of those left out
    Kind told{};
  };
  // Kinds of which one takes the other back share a quota.
  enum class Topic : std::uint8_t { delivery, breaker, calls, losses };
  static Topic topic_of(Kind kind) noexcept;

  void run();
  void wait(std::unique_lock<std::mutex>& lock, bool active);
  bool watch_calls(Time now);
  bool watch_losses(Time now);
  bool watch_call(Channel& channel, Time now);
  void tell(const Note& note);
  bool tell_what_was_left_out(Time now);
  void tell_now(Quota& quota, const Note& note);
  std::uint64_t receivers(const Channel& about) const;
  void publish(const Note& note, Level level, std::string_view message);

  Core& core_;
  const bool told_;
  std::chrono::nanoseconds period_;

  std::mutex mutex_{};
  std::condition_variable changed_{};
  bool asleep_ = false;        // under mutex_: waits for something to happen
  bool stopping_ = false;      // under mutex_
  bool silent_ = false;        // under mutex_: nothing more is told
  bool all_told_ = false;      // under mutex_: of what came before
  bool drops_ = false;         // under mutex_: somebody has dropped events
  std::uint64_t calls_ = 0;    // under mutex_: that have begun
  std::vector<Note> notes_{};  // under mutex_

  std::uint64_t calls_seen_ = 0;  // the thread's, as all below
  std::map<std::pair<const Channel*, Topic>, Quota> quotas_{};
  std::vector<Loss> losses_{};
  Producer* producer_ = nullptr;

  std::thread thread_{};
};

}  // namespace penstock::pipeline
