// SPDX-License-Identifier: Apache-2.0
// worker_rest.cpp: what a worker does when there is nothing to read. It polls for a moment, naps
// while a batch may still grow, and then sleeps for good: an idle process has no wake-ups.
#include <algorithm>

#include "base/membarrier.hpp"
#include "pipeline/core.hpp"
#include "pipeline/worker.hpp"

namespace penstock::pipeline {
namespace {
constexpr auto spin_time = std::chrono::microseconds(20);
constexpr auto longest_nap = std::chrono::milliseconds(5);
constexpr auto memory_kept = std::chrono::milliseconds(100);
constexpr auto longest_poll = std::chrono::milliseconds(1);  // where there is no membarrier
}  // namespace

// A batch waits for others since its first event happened, not since it was read.
void Worker::set_batch_deadline(Time now) {
  if (load_.batch->empty()) {
    batch_deadline_.reset();
    return;
  }
  if (batch_deadline_) return;
  const auto age = std::chrono::nanoseconds(base::wall_clock_ns() - first_arrival_ns_);
  const auto linger = channel_.options.batch.linger;
  // However the clock is set meanwhile, it waits no longer than that.
  batch_deadline_ = now + std::clamp(linger - age, std::chrono::nanoseconds{0}, linger);
}

void Worker::rest(Time now) {
  // All has been read. If producers wait, open blocks of others may hold the room they need.
  if (channel_.gate.has_waiters()) cool_down(now, std::chrono::nanoseconds{-1});
  const auto linger = channel_.options.batch.linger;
  const auto soon = std::min<std::chrono::nanoseconds>(linger, longest_nap);
  if (batch_deadline_ && (now - last_news_ < longest_nap || !membarrier_)) {
    // It may be full before its time is over.
    nap(std::min(*batch_deadline_, now + longest_nap));
  } else if (batch_deadline_) {
    doze(now, *batch_deadline_);
  } else if (now - last_news_ < soon) {
    // Traffic goes on, most likely: look again in a while rather than make the producer wake us.
    nap(now + soon);
  } else if (now - last_news_ < spin_time) {
#if defined(__x86_64__)
    __builtin_ia32_pause();
#endif
  } else {
    park();
  }
}

// True when neither the queue nor a request has anything; only after announce().
bool Worker::nothing_to_do() {
  return channel_.nothing_pushed() && channel_.requests() == 0 && flush_is_no_reason_to_go_on() &&
         !delivery_.has_answers();
}

// None is asked for, or all that it waits for is the sink.
bool Worker::flush_is_no_reason_to_go_on() const noexcept {
  return flush_ ? flush_->drained : channel_.flush_requested() == flush_done_;
}

// Sleeps until the sink has answered, may be asked again, or a request came; then works on it.
void Worker::await_delivery() {
  constexpr std::uint32_t ends_pauses = Channel::reopen | Channel::rotate;
  channel_.announce(Channel::delivering);
  const bool news =
      delivery_.has_answers() || (channel_.requests() & ends_pauses) != 0 || abandoned();
  const Time due = delivery_.due();
  if (news || due <= std::chrono::steady_clock::now()) {
    channel_.get_up();
  } else {
    channel_.sleep(Channel::delivering, due);
  }
  if ((channel_.requests() & ends_pauses) != 0) obey(channel_.take_requests());
  delivery_.work();
}

void Worker::nap(Time until) {
  channel_.announce(Channel::napping);
  if (nothing_to_do()) {
    channel_.sleep(Channel::napping, std::min(until, delivery_.due()));
  } else {
    channel_.get_up();
  }
}

// Memory for many batches is kept a moment longer: most bursts are followed by another one.
void Worker::park() {
  const Time now = std::chrono::steady_clock::now();
  const Time kept_until = last_news_ + memory_kept;
  bool keeps_memory = delivery_.spares().is_much() || load_.batch->can_shrink();
  if (keeps_memory && now >= kept_until) {
    delivery_.spares().give_back();
    if (load_.batch->empty()) load_.batch->shrink();
    keeps_memory = false;
  }
  if (!membarrier_) {
    nap(now + longest_poll);
    return;
  }
  delivery_.give_back(load_);
  doze(now, keeps_memory ? kept_until : base::no_deadline);
}

// Sleeps until any producer publishes, or `until`.
void Worker::doze(Time now, Time until) {
  cool_down(now, std::chrono::nanoseconds{-1});
  if (!hot_.empty()) return;  // something came meanwhile
  // A thread that ended meanwhile has left its block, and nobody asks for it while we sleep.
  if (load_.batch->empty()) delivery_.give_back(load_);
  channel_.announce(Channel::parked);
  if (nothing_to_do()) {
    channel_.sleep(Channel::parked, std::min({until, delivery_.due(), kept_deadline(now)}));
  } else {
    channel_.get_up();
  }
}

// Streams without news for longer than `quiet` are no longer looked at: their producers will tell.
void Worker::cool_down(Time now, std::chrono::nanoseconds quiet) {
  last_cooling_ = now;
  if (!membarrier_) return uncharge(hot_);
  const auto first_quiet = std::partition(hot_.begin(), hot_.end(), [&](const Cursor* cursor) {
    return now - cursor->last_news <= quiet;
  });
  if (first_quiet == hot_.end()) return;
  for (auto it = first_quiet; it != hot_.end(); ++it) {
    // [S4] seq_cst: say that we want to be told, let every producer's earlier stores arrive, and
    //      only then look for the last time.
    (*it)->producer->attention.fetch_or(channel_.bit, std::memory_order_seq_cst);
  }
  base::membarrier();
  const auto first_cold =
      std::partition(first_quiet, hot_.end(), [&](Cursor* cursor) { return refresh(*cursor); });
  for (auto it = first_cold; it != hot_.end(); ++it) (*it)->hot = false;
  uncharge({first_cold, hot_.end()});
  hot_.erase(first_cold, hot_.end());
}

// An open block that has been read to its end takes no room from others: its thread may be idle.
void Worker::uncharge(std::span<Cursor* const> cursors) {
  for (Cursor* cursor : cursors) {
    if (cursor->block == nullptr || !cursor->charged || cursor->position < cursor->end) continue;
    cursor->charged = false;
    channel_.gate.release(cursor->block->capacity);
  }
  core_.room_was_made(channel_);
}

}  // namespace penstock::pipeline
