// SPDX-License-Identifier: Apache-2.0
// window.hpp: what a stream still has to send, what it may have to send again, and which batches
// wait for which of it. No sockets, no clock.
//
// All batches together are one long row of bytes; a connection carries it from some place on. Those
// that are settled stay for a while: a receiver that is reset may have acknowledged them without
// having read them.
//
// Threads  one at a time
// Order    what is sent is sent in the order of the batches, also again
// Bound    settled batches: `keep_bytes`, and one batch
// Loss     a batch is settled when the connection has acknowledged all its bytes
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <string>
#include <sys/uio.h>
#include <utility>
#include <vector>

#include <penstock/sink.hpp>

#include "encoded.hpp"

namespace penstock::syslog {

class Window {
 public:
  using Time = std::chrono::steady_clock::time_point;
  using Answer = std::pair<std::uint64_t, WriteResult>;  // a token, and what it is told
  using Answers = std::vector<Answer>;

  // What batches are known by.
  struct Offer {
    std::uint64_t token = 0;
    std::uint64_t id = 0;
    std::size_t offset = 0;
    std::size_t count = 0;
  };

  // How much of what is settled can be sent again, and for how long.
  Window(std::size_t keep_bytes, std::chrono::nanoseconds keep_time)
      : keep_bytes_(keep_bytes), keep_time_(keep_time) {}

  // An empty one, with memory that has been used before.
  Encoded take_spare();
  // A batch that is to be sent. It has frames.
  void push(const Offer& offer, Encoded encoded, Time now);
  // A batch that was answered `retry` by release_old(), and is still on its way: it is waited for
  // again. The answer, if it has arrived in the meantime; pending; nothing: it is not known.
  std::optional<WriteResult> claim(const Offer& offer, Time now);

  bool has_unsent() const noexcept { return sent_ < end_; }
  bool has_unacked() const noexcept { return acked_ < sent_; }
  bool has_unsettled() const noexcept { return unsettled_ < entries_.size(); }
  // What is next, in up to `pieces.size()` pieces; how many they are. Valid until the window is
  // changed by anything but push() and claim().
  std::size_t next(std::span<iovec> pieces) const;

  void connection_begins() noexcept { base_ = acked_ = sent_; }
  void sent(std::size_t bytes) noexcept { sent_ += bytes; }
  // So many bytes of this connection are acknowledged.
  void acked(std::uint64_t bytes, Time now, Answers& answers);
  // What is not acknowledged will be sent again, from the beginning of a message on. Some of what
  // was acknowledged too: what was so before `since` is believed to have been worked off. True when
  // something was acknowledged. `others`: servers that have not been tried since anybody got
  // further.
  bool connection_ends(Time since, unsigned others = 0);
  // Connections in a row, up to the last one that ended, of which none got further than those
  // before.
  unsigned standstills() const noexcept { return standstills_; }
  // There is no connection to be had: what waits is given back.
  void give_up(const std::string& reason, Answers& answers);
  // Answers `retry` for what has waited since before `since`, which stays on its way.
  void release_old(Time since, const std::string& reason, std::chrono::nanoseconds after,
                   Answers& answers);
  // Drops what need not be kept.
  void tidy(Time now);

 private:
  struct Entry {
    Offer offer{};
    Encoded encoded{};
    std::uint64_t begin = 0;  // in the row of all bytes
    std::uint64_t end = 0;
    std::size_t answered = 0;  // events at the front that an answer has settled
    bool is_claimed = true;    // somebody waits for its answer
    bool was_passed = false;   // by a later batch, since nobody does
    Time offered_at{};
    Time settled_at{};
  };

  std::size_t entry_at(std::uint64_t place) const noexcept;
  // The beginning of the message that `place` is in.
  std::uint64_t message_at(std::uint64_t place) const noexcept;
  static WriteResult arrived(const Entry& entry);
  static WriteResult unfinished(const Entry& entry, std::uint64_t place, const std::string& reason,
                                std::chrono::nanoseconds after);
  static std::vector<std::uint32_t> refused_before(const Entry& entry, std::size_t event);

  std::size_t keep_bytes_;
  std::chrono::nanoseconds keep_time_;
  std::deque<Entry> entries_{};
  std::size_t unsettled_ = 0;  // the first entry that is not
  std::uint64_t base_ = 0;     // where the connection has begun
  std::uint64_t acked_ = 0;    // by this connection; what was before base_ counts as that
  std::uint64_t settled_ = 0;  // the highest that any connection has acknowledged
  std::uint64_t sent_ = 0;
  std::uint64_t end_ = 0;
  std::uint64_t furthest_ = 0;  // settled_ when the last connection ended
  unsigned standstills_ = 0;
  unsigned halvings_ = 0;  // of what is sent again
  std::vector<Encoded> spare_{};
};

}  // namespace penstock::syslog
