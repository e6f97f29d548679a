// SPDX-License-Identifier: Apache-2.0
// worker.hpp: the one thread of a sink: reads blocks, merges them by time, routes, and batches.
// What becomes of the batches is delivery.hpp.
//
// Threads  everything [worker], but the constructor, wait_until_open, part and unread [control]
// Order    strict within a producer, but for what limits.deduplicate keeps for later; between
//          producers by time stamp, as far as events had been published when the worker looked
// Loss     none: what it takes it books
// Sync     [S3] [S4] [S7] [S12] [S13], through Channel and Producer
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <thread>
#include <vector>

#include "base/tick_clock.hpp"
#include "event/context.hpp"
#include "event/record.hpp"
#include "pipeline/call_watch.hpp"
#include "pipeline/channel.hpp"
#include "pipeline/delivery.hpp"
#include "pipeline/load.hpp"
#include "pipeline/router.hpp"

namespace penstock::pipeline {

class Core;
class Limits;
class Processors;
struct KeptEvent;

class Worker {
 public:
  // Starts the thread, which opens the sink first.
  Worker(const std::shared_ptr<Core>& core, Channel& channel);
  ~Worker();
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  // Waits until the sink is open or has failed to; ten seconds at most, then it counts as open.
  Status wait_until_open();
  // Joins the thread, or leaves it behind.
  void part(bool finished);
  // Gives back the blocks that were begun. When the thread has ended.
  void give_up_blocks() noexcept;
  // Events of blocks that were begun and not read to the end. Once finished.
  std::int64_t unread() const noexcept;

 private:
  using Time = std::chrono::steady_clock::time_point;

  // The place in one producer's blocks up to which this sink has read.
  struct Cursor {
    Producer* producer = nullptr;
    Block* block = nullptr;
    std::uint32_t position = 0;
    std::uint32_t end = 0;     // published, when last looked
    std::uint32_t events = 0;  // read of this block
    bool hot = false;          // looked at in each pass; otherwise the producer tells
    bool charged = true;       // the gate holds the block's bytes
    Time last_news{};
  };
  struct Head {
    std::uint64_t ticks;
    Cursor* cursor;
    // Orders a heap with the earliest on top.
    friend bool operator<(const Head& a, const Head& b) noexcept { return a.ticks > b.ticks; }
  };
  // ---- life (worker.cpp)
  void run();
  bool open_at_start();
  bool open_late();
  void loop();
  void finish();
  void obey(std::uint32_t requests);
  bool closing() const noexcept;
  bool abandoned() const noexcept;
  void deliver_the_rest();
  void begin_flush();
  void drain_for_flush(std::uint64_t horizon);
  void end_flush();
  void answer_flush(std::uint64_t ticket);

  // ---- rest (worker_rest.cpp)
  void await_delivery();
  void rest(Time now);
  void nap(Time until);
  void park();
  void doze(Time now, Time until);
  bool nothing_to_do();
  bool flush_is_no_reason_to_go_on() const noexcept;
  void cool_down(Time now, std::chrono::nanoseconds quiet);
  void uncharge(std::span<Cursor* const> cursors);
  void set_batch_deadline(Time now);

  // ---- reading (worker_read.cpp)
  void pull();
  Cursor& cursor_of(Producer& producer);
  void heat(Cursor& cursor);
  bool refresh(Cursor& cursor);
  static std::uint64_t horizon_now() noexcept;
  bool has_room_at(std::uint64_t ticks);
  bool has_room_slowly(std::uint64_t ticks);
  std::uint64_t drain(std::uint64_t horizon);
  void drain_all();
  void take(Cursor& cursor);
  bool take_slowly(const Block& block, const event::RecordView& record);
  void add_usual(const Block& block, const event::RecordView& record);
  void add(const Block& block, const event::RecordView& record);
  void add_with(const Block& block, const event::RecordView& record,
                const Replacement* replacement);
  void fill(const Block& block, const event::RecordView& record);
  void put();
  void clear_parts() noexcept;
  std::string_view logger_name(std::uint32_t id);
  void learn_logger_names(std::uint32_t id);
  void finish_block(Cursor& cursor);

  // ---- processors (worker_process.cpp)
  void put_processed();
  bool survives_processing();
  bool pass_is_over() const noexcept;
  void tell_of_failure(std::string_view why) noexcept;

  // ---- limits (worker_limits.cpp)
  static std::unique_ptr<Limits> make_limits(const SinkOptions& options);
  std::uint64_t release_kept(std::uint64_t ticks);
  std::uint64_t release_all_kept(std::uint64_t ticks, bool& is_due);
  void limit(const Block& block, const event::RecordView& record, const Replacement* replacement);
  void add_kept(const KeptEvent& kept, std::uint64_t repeated);
  Block* keep_block(const KeptEvent& kept, const FieldView& count);
  Time kept_deadline(Time now) const;

  // ---- batches (worker_deliver.cpp)
  bool batch_is_due(Time now) const;
  // Blocks are given back when their events are settled: the batches must not hold the whole queue.
  bool batch_is_full() const noexcept {
    return load_.batch->full() || load_.block_bytes > largest_load_;
  }
  void deliver();
  void publish_books();

  Core& core_;  // kept by the thread while it runs
  Channel& channel_;
  const Level level_;
  const Router& router_;
  const bool membarrier_;
  const bool wants_origins_;
  std::int64_t largest_load_ = 0;         // bytes of blocks, known once the sink has been made
  const std::unique_ptr<Limits> limits_;  // null when the sink has none
  Processors* processors_ = nullptr;      // delivery_'s, once it is open; null when there are none
  std::optional<CallWatch> process_watch_{};  // of the processors' calls, in a pass that made some
  Time pass_end_{};                           // when there are processors
  Delivery delivery_;
  Load load_{};  // the batch that is being filled
  base::TickConverter clock_{};

  std::deque<Cursor> cursors_{};  // by producer index
  std::vector<Cursor*> hot_{};
  std::vector<Head> heap_{};
  std::vector<Producer*> touched_{};
  std::vector<std::string_view> logger_names_{};
  event::ContextView context_{};
  event::EventParts parts_{};            // of the event that goes into the batch
  const Block* parts_source_ = nullptr;  // whose thread they name

  // Not yet in the ledger.
  std::int64_t new_taken_ = 0;
  std::int64_t new_filtered_ = 0;
  std::int64_t new_lost_ = 0;           // there was no memory to put them into the batch
  std::int64_t new_processed_out_ = 0;  // a processor dropped them
  std::int64_t new_unprocessed_ = 0;    // a processor failed
  std::int64_t in_batch_booked_ = 0;    // of the batch, how many the ledger has as in_flight
  // Of the counter: it may be read a little early, and other cores' may differ a little.
  static constexpr std::uint64_t slack_ticks = 100'000;
  // With processors, which may be slow.
  static constexpr std::chrono::milliseconds longest_pass{1};
  // A request that is being served.
  struct Flush {
    std::uint64_t ticket = 0;
    std::uint64_t end = 0;     // in ticks: events before it are meant
    bool kept_is_due = false;  // what limits keep has been told to come out
    bool drained = false;      // all of them are in batches; the last is
    std::uint64_t last = 0;
  };
  std::optional<Flush> flush_{};
  std::uint64_t flush_done_ = 0;
  Time last_news_{};
  Time last_cooling_{};
  std::int64_t first_arrival_ns_ = 0;     // of the first event of the batch, by its time stamp
  std::optional<Time> batch_deadline_{};  // of a batch that has events

  std::mutex mutex_{};
  std::condition_variable changed_{};
  std::optional<Status> opened_{};  // under mutex_
  bool counted_as_open_ = false;    // under mutex_: nobody waited any longer

  std::thread thread_{};
};

}  // namespace penstock::pipeline
