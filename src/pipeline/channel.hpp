// SPDX-License-Identifier: Apache-2.0
// channel.hpp: everything that producers and one sink's worker share.
//
// Threads  as said at each function
// Order    blocks of one producer leave in the order they were pushed
// Bound    gate: queue.max_bytes
// Loss     drop_oldest() only, and it counts
// Sync     [S7], [S12]; the rest under `mutex`, which the hot path never takes
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "penstock/options.hpp"
#include "penstock/stats.hpp"
#include "pipeline/block.hpp"
#include "pipeline/gate.hpp"
#include "pipeline/sink_queue.hpp"

namespace penstock::pipeline {

// What became of the events that this sink was given. Written by the worker, and by producers that
// drop; read by stats(). Under Channel::mutex.
struct Ledger {
  std::int64_t taken = 0;  // read from blocks by the worker, counted block by block
  std::int64_t delivered = 0;
  std::int64_t filtered = 0;
  // The part of filtered that limits or processors held back; what is left of it was not wanted.
  std::array<std::int64_t, filter_reason_count> limited{};
  std::int64_t in_flight = 0;
  std::int64_t dead_lettered = 0;
  std::array<std::int64_t, drop_reason_count> dropped{};
  std::int64_t dropped_by_worker = 0;  // the part of dropped that passed through `taken`
  std::int64_t batches = 0;
  std::int64_t retries = 0;
  SinkState state = SinkState::starting;
  BreakerState breaker = BreakerState::closed;
  std::string last_error{};
  std::string problem{};  // what the sink reported and has not taken back
  std::string processor_problem{};
  std::map<std::string, double> figures{};  // that the sink told of

  std::int64_t& drops(DropReason reason) noexcept {
    return dropped[static_cast<std::size_t>(reason)];
  }
};

class Channel {
 public:
  // A call of the sink.
  struct Call {
    std::chrono::steady_clock::time_point since;
    bool stuck = false;  // it takes longer than call_timeout, and that was reported
    SinkState state_before = SinkState::running;  // when it got stuck
    std::string error_before{};
  };

  Channel(std::uint32_t channel_index, SinkOptions sink_options)
      : index(channel_index),
        bit(std::uint64_t{1} << channel_index),
        options(std::move(sink_options)) {}

  const std::uint32_t index;
  const std::uint64_t bit;
  const SinkOptions options;

  Gate gate{};
  SinkQueue queue{};

  // ---- the worker's sleep
  enum Sleep : std::uint32_t {
    awake,
    napping,
    parked,
    delivering,  // waits for its sink: what is pushed does not matter
  };

  // Ends the worker's sleep, of any kind. Never waits. [any]
  void wake() noexcept;
  // After a push: a parked worker gets up; one that naps only when much is waiting. [any]
  void wake_for_push() noexcept;
  // Sleeps, as `how`, until woken or `deadline`. Whoever calls it has announced the sleep with
  // announce() and looked once more whether there is nothing to do. [worker]
  void sleep(Sleep how, base::Deadline deadline) noexcept;
  void announce(Sleep how) noexcept;
  void get_up() noexcept;

  // ---- the inbox: blocks that the worker has not begun to read
  // Moves what producers pushed into the inbox and appends to `touched` the producers it is from.
  // [worker]
  void pull(std::vector<Producer*>& touched);
  // Has nothing been pushed since the last pull()? [worker]
  bool nothing_pushed() const noexcept { return queue.pushed() == seen_pushed_; }
  // The stream's next block, now the worker's to read; null when there is none. [worker]
  Block* next_block(std::uint32_t producer_index);
  // Makes room for `bytes` by dropping the oldest complete blocks that the worker has not begun.
  // Urgent events in them go to the reserve; when that is full, the oldest in it make room. False
  // when there is nothing to drop. [any]
  bool drop_oldest(std::int64_t bytes, BlockPool& pool);
  // Gives back what nobody will read. When all threads are gone.
  void give_up_blocks(BlockPool& pool) noexcept;
  // Events that lie in the inbox. Under `mutex`.
  std::int64_t events_waiting();

  // ---- requests to the worker
  enum Request : std::uint32_t { close = 1, abandon = 2, reopen = 4, rotate = 8 };
  // [S12] Bits of Request: set by any thread, taken by the worker; `close` and `abandon` stay.
  //       release/acquire: what was done before the request is visible to the worker.
  void request(std::uint32_t bits) noexcept;
  std::uint32_t requests() const noexcept;
  std::uint32_t take_requests() noexcept;

  // [S12] Tickets of flush(): the worker compares with flush_done.
  std::uint64_t request_flush() noexcept;
  std::uint64_t flush_requested() const noexcept;

  // [S13] Set by a producer whose block this sink did not get; the worker then asks for new blocks
  //       as soon as there is room. seq_cst, together with the gate: one of them sees the other.
  std::atomic<bool> refusing{false};

  std::mutex mutex{};
  std::condition_variable changed{};  // flush_done, finished
  Ledger ledger{};                    // under mutex
  std::uint64_t flush_done = 0;       // under mutex
  std::uint64_t flush_good = 0;       // under mutex: the last one that the sink did not fail
  std::optional<Call> call{};         // under mutex: of the sink, while the worker is in one
  // Under mutex: since when the oldest offer is pending, and whether that was found too long.
  std::optional<std::chrono::steady_clock::time_point> pending_since{};
  bool answer_is_late = false;
  bool finished = false;  // under mutex: the worker will not touch the ledger again
  bool drained = false;   // under mutex: the worker ended with nothing left
  bool frozen = false;    // under mutex: the final report has been made

 private:
  struct Stream {
    std::deque<Block*> waiting{};
    bool touched = false;  // is in touched_
  };

  void drain_queue();  // under mutex
  Stream& stream_of(const Producer& producer);
  struct Droppable {
    Stream* stream = nullptr;
    std::size_t position = 0;
  };
  enum class Kind { ordinary, saved };
  Droppable oldest_droppable(Kind kind);
  Block* save_urgent(const Block& block, BlockPool& pool);
  bool make_room_in_reserve(std::int64_t bytes, BlockPool& pool);

  std::deque<Stream> streams_{};      // by producer index; under mutex
  std::vector<Producer*> touched_{};  // under mutex
  std::uint64_t popped_ = 0;          // under mutex
  std::int64_t saved_bytes_ = 0;   // under mutex: of blocks made by save_urgent(), while they wait
  std::uint64_t seen_pushed_ = 0;  // the worker's

  // [S7] How the worker sleeps: written by the worker, reset by whoever wakes it.
  alignas(64) std::atomic<std::uint32_t> sleep_{awake};
  std::atomic<std::uint32_t> requests_{0};         // [S12]
  std::atomic<std::uint64_t> flush_requested_{0};  // [S12]
};

}  // namespace penstock::pipeline
