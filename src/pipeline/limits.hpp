// SPDX-License-Identifier: Apache-2.0
// limits.hpp: what a sink's `limits` hold back of the events that it wants: first what is not in
// the sample, then duplicates, then what goes beyond the rate.
//
// A kind of event, for `deduplicate`, is a call in the source and the bytes of the arguments that
// its message is made of: equal arguments make equal messages, and are compared without formatting
// anything. (Arguments that differ and happen to read the same are two kinds: nothing is hidden by
// mistake.) Fields, tags, and the event's name are no part of it. An event that has no call of its
// own (submit, the program) is of the same kind as another when level, logger and text are equal.
//
// What is kept goes out past the sample and the rate: it stands for many. The rate's bucket is
// charged for it all the same.
//
// Threads  [worker]
// Order    by the events' time stamps; an event that comes late counts as of the latest before it
// Bound    deduplicate: max_keys kinds, and as many bytes as the constructor is told
// Loss     none: what it holds back for good it books as filtered, and what it keeps as in_flight
//
// Knows no clock.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "event/context.hpp"
#include "event/record.hpp"
#include "penstock/options.hpp"
#include "pipeline/channel.hpp"
#include "pipeline/deduplicator.hpp"
#include "pipeline/rate_limit.hpp"
#include "pipeline/router.hpp"
#include "pipeline/sampler.hpp"

namespace penstock::pipeline {

// An event that has outlived its block: a copy of its record, and what the block knew of its
// thread.
struct KeptEvent {
  std::vector<std::byte> record{};
  std::uint64_t thread_id = 0;
  std::array<char, sizeof Block::thread_name> thread_name{};
  std::uint32_t thread_name_size = 0;
  Producer* producer = nullptr;
  const Replacement* replacement = nullptr;

  std::size_t bytes() const noexcept { return record.capacity(); }
};

class Limits {
 public:
  using Time = std::chrono::steady_clock::time_point;

  // Null when these options hold nothing back. `seed` is the sampler's.
  static std::unique_ptr<Limits> make(const LimitOptions& options, std::uint64_t seed,
                                      std::uint64_t max_bytes);
  Limits(const LimitOptions& options, std::uint64_t seed, std::uint64_t max_bytes);

  struct Candidate {
    const Block& block;
    const event::RecordView& record;
    const Replacement* replacement;     // null when it is not replaced
    const event::ContextView* context;  // null when it has none
  };
  enum class Verdict : std::uint8_t {
    exempt,  // deliver it
    pass,    // deliver it, and charge() its bytes
    hold,    // held back, for good or for later
  };

  // From here on it is `now`; a time that is before the last one changes nothing.
  void advance(Time now) noexcept;
  // At the time that it is; when release() has nothing to say. May throw std::bad_alloc; the event
  // is then neither kept nor counted.
  Verdict admit(const Candidate& event);
  // What an event that passed or was released has added to the batch.
  void charge(std::size_t bytes) noexcept { bytes_.take(bytes); }

  // Lets out the next kept event whose time has come: emit(const KeptEvent&, std::uint64_t
  // repeated), which does not throw. False when there is none.
  template <class Emit>
  bool release(Emit&& emit) {
    if (!duplicates_) return false;
    const bool released = duplicates_->release(now_, emit);
    if (released) events_.take(1);
    return released;
  }
  // The time has come for all that are kept.
  void end_all() noexcept {
    if (kept() != 0) duplicates_->end_all();
  }
  // When release() will have something to say, if nothing happens before.
  std::optional<Time> next_release() const noexcept {
    return duplicates_ ? duplicates_->next_release() : std::nullopt;
  }
  std::int64_t kept() const noexcept {
    return duplicates_ ? static_cast<std::int64_t>(duplicates_->kept()) : 0;
  }

  // Has anything happened that is not in the ledger?
  bool has_news() const noexcept { return held_back_ != 0 || kept() != kept_booked_; }
  void book(Ledger& ledger) noexcept;

 private:
  bool is_duplicate(const Candidate& event);
  std::string_view key_of(const Candidate& event);
  Verdict hold(FilterReason reason) noexcept;

  const std::optional<Level> exempt_;
  Sampler sampler_;
  std::optional<Deduplicator<KeptEvent>> duplicates_{};
  TokenBucket events_;
  TokenBucket bytes_;
  Time now_{};
  std::string key_{};  // memory that is used again

  // Not yet in the ledger.
  std::array<std::int64_t, filter_reason_count> new_limited_{};
  std::int64_t held_back_ = 0;  // their sum
  std::int64_t kept_booked_ = 0;
};

}  // namespace penstock::pipeline
