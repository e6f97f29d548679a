// SPDX-License-Identifier: Apache-2.0
// gate.hpp: the bound of one sink's queue, in bytes. A block is charged when it is opened and given
// back when the sink has settled it.
//
// Threads  all [any]
// Bound    used <= limit, but for one block when nothing is charged, and for charge()
#pragma once

#include <atomic>
#include <cstdint>

#include "base/futex.hpp"

namespace penstock::pipeline {

class Gate {
 public:
  // Of `limit` bytes, `reserve_percent` are for urgent events only.
  void configure(std::int64_t limit, std::uint32_t reserve_percent) noexcept {
    limit_ = limit;
    ordinary_limit_ = limit - limit / 100 * reserve_percent;
  }

  // Charges if there is room. Never waits.
  bool try_charge(std::int64_t bytes, bool urgent) noexcept {
    const std::int64_t limit = urgent ? limit_ : ordinary_limit_;
    // [S8] relaxed: a count; no data rides on it.
    std::int64_t used = used_.load(std::memory_order_relaxed);
    while (used == 0 || used + bytes <= limit) {
      // [S8] relaxed, as above; the block itself is handed over by the queue.
      if (used_.compare_exchange_weak(used, used + bytes, std::memory_order_relaxed)) {
        note_high(used + bytes);
        return true;
      }
    }
    return false;
  }

  // Charges in any case: for a block that has been given back too early.
  void charge(std::int64_t bytes) noexcept {
    note_high(used_.fetch_add(bytes, std::memory_order_relaxed) + bytes);  // [S8] relaxed: a count
  }

  void release(std::int64_t bytes) noexcept {
    // [S8] seq_cst: give back, then look for waiters; wait_for_room() counts itself as waiting,
    //      then looks at `used_`. With one total order at least one sees the other.
    const std::int64_t used = used_.fetch_sub(bytes, std::memory_order_seq_cst) - bytes;
    stalled_.store(false, std::memory_order_relaxed);           // [S9] relaxed: a hint
    if (waiters_.load(std::memory_order_seq_cst) == 0) return;  // [S8] partner: wait_for_room()
    // Not for each block: a woken producer should find enough to be worth its while.
    if (used > ordinary_limit_ - ordinary_limit_ / 4) return;
    turn();
  }

  // Sleeps until something has been given back, `deadline`, or turn(). Look again afterwards.
  void wait_for_room(std::int64_t bytes, bool urgent, base::Deadline deadline) noexcept {
    // [S8] acquire: a turn() after this load ends the sleep.
    const std::uint32_t turns = turns_.load(std::memory_order_acquire);
    waiters_.fetch_add(1, std::memory_order_seq_cst);                 // [S8] partner: release()
    const std::int64_t used = used_.load(std::memory_order_seq_cst);  // [S8] partner: release()
    const std::int64_t limit = urgent ? limit_ : ordinary_limit_;
    if (used != 0 && used + bytes > limit) base::futex_wait(turns_, turns, deadline);
    waiters_.fetch_sub(1, std::memory_order_relaxed);  // [S8] relaxed: a late wake-up is harmless
  }

  bool has_waiters() const noexcept {
    return waiters_.load(std::memory_order_relaxed) != 0;  // [S8] relaxed: a hint
  }
  // Wakes all who wait for room.
  void turn() noexcept {
    turns_.fetch_add(1, std::memory_order_release);  // [S8] partner: wait_for_room()
    base::futex_wake_all(turns_);
  }

  // Producers have waited in vain: no one waits again until something is given back.
  bool stalled() const noexcept {
    return stalled_.load(std::memory_order_relaxed);  // [S9] relaxed: a hint
  }
  void set_stalled(bool stalled) noexcept {
    stalled_.store(stalled, std::memory_order_relaxed);  // [S9] relaxed: a hint
  }

  std::int64_t used() const noexcept {
    return used_.load(std::memory_order_relaxed);  // [S8] relaxed: a figure for people
  }
  std::int64_t high() const noexcept {
    return high_.load(std::memory_order_relaxed);  // [S8] relaxed: a figure for people
  }
  std::int64_t limit() const noexcept { return limit_; }
  // What is kept for urgent events.
  std::int64_t reserve() const noexcept { return limit_ - ordinary_limit_; }
  bool has_room(std::int64_t bytes) const noexcept {
    const std::int64_t used_now = used_.load(std::memory_order_seq_cst);  // [S8] also [S13]
    return used_now == 0 || used_now + bytes <= ordinary_limit_;
  }

 private:
  void note_high(std::int64_t used) noexcept {
    std::int64_t high = high_.load(std::memory_order_relaxed);  // [S8] relaxed: for people
    while (used > high &&
           // [S8] relaxed: a figure for people
           !high_.compare_exchange_weak(high, used, std::memory_order_relaxed)) {
    }
  }

  std::int64_t limit_ = 0;
  std::int64_t ordinary_limit_ = 0;
  // [S8] Bytes charged: + by producers, - by the worker and by who drops. Waiters and turns: the
  //      way to sleep for room without losing a wake-up.
  alignas(64) std::atomic<std::int64_t> used_{0};
  std::atomic<std::int64_t> high_{0};
  std::atomic<std::uint32_t> waiters_{0};
  std::atomic<std::uint32_t> turns_{0};
  // [S9] Set by a producer whose block_timeout ended, cleared by release().
  std::atomic<bool> stalled_{false};
};

}  // namespace penstock::pipeline
