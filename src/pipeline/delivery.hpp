// SPDX-License-Identifier: Apache-2.0
// delivery.hpp: from batches to the sink: what it has been offered, what it answered, and when it
// is asked again.
//
// Threads  all [worker], but settle, report, measure and the two names [any]
// Order    batches are offered in the order they were given: see penstock/sink.hpp
// Bound    max_in_flight batches that are not settled
// Loss     each event of a batch gets one outcome in the ledger; blocks are given back in order,
//          when all events up to them are settled
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/bisection.hpp"
#include "base/tick_clock.hpp"
#include "penstock/sink.hpp"
#include "pipeline/backoff.hpp"
#include "pipeline/breaker.hpp"
#include "pipeline/channel.hpp"
#include "pipeline/dead_letters.hpp"
#include "pipeline/expiry.hpp"
#include "pipeline/load.hpp"
#include "pipeline/spare_loads.hpp"
#include "pipeline/tries.hpp"

namespace penstock::pipeline {

class Core;
class Processors;

class Delivery final : public SinkContext {
 public:
  using Time = std::chrono::steady_clock::time_point;

  Delivery(Core& core, Channel& channel);
  ~Delivery() override;

  // ---- the sink's life
  // Makes the sink if it is not there yet, and opens it.
  Status open();
  // It counts as open and could not be opened: it will be tried again.
  void open_later(const std::string& error);
  bool is_open() const noexcept { return sink_is_open_; }
  Status flush();
  // What ends a pause as well: the destination may be there again. Nothing while it is closed:
  // opening it does what either asks for.
  void control(SinkControl what);
  // Closes and destroys the sink. What is not settled stays in flight.
  void close() noexcept;
  // Null before the sink is open, and when it has none.
  Processors* processors() noexcept { return processors_.get(); }

  // ---- batches
  // An empty batch, once the sink has been made.
  Load new_load();
  SpareLoads& spares() noexcept { return spares_; }
  // Takes a batch that has events. Only when not full().
  void send(Load load);
  // Blocks without a batch: they are given back with the batch before them.
  void give_back(Load& load);
  bool full() const noexcept;
  bool idle() const noexcept { return flights_.empty(); }
  // Batches have numbers, 1, 2, ..: the last one that was sent, and whether all up to one are
  // settled.
  std::uint64_t last_number() const noexcept { return last_number_; }
  bool settled_through(std::uint64_t number) const noexcept {
    return flights_.empty() || flights_.front().number > number;
  }
  // Books the answers that have come, and offers what may be offered now.
  void work();
  // When to work() again at the latest; an answer may come before.
  Time due() const noexcept;
  bool has_answers();
  // When the thread has ended.
  void give_up_blocks() noexcept;

  void set_state(SinkState state, const std::string& error);

  // ---- for the sink
  std::string_view sink_name() const noexcept override { return channel_.options.name; }
  std::int64_t now_ns() const noexcept override { return base::wall_clock_ns(); }
  // What is configured, or else what the sink has asked for, within the same range.
  std::uint32_t max_in_flight() const noexcept override;
  void settle(std::uint64_t token, WriteResult result) override;
  void report(std::string_view problem) override;
  void measure(std::string_view name, double value) override;
  // The same of the processors, which have a place of their own.
  void report_processors(std::string_view problem);

 private:
  struct Refused {
    std::size_t event;
    std::string reason;
    bool expired = false;
  };
  // A batch, from its first offer until all of it is settled.
  struct Flight {
    Flight(Load its_load, std::uint64_t its_id, std::chrono::nanoseconds expire_after)
        : load(std::move(its_load)), plan(load.batch->size()), expiry(expire_after), id(its_id) {}
    bool settled() const noexcept { return plan.done() && refused.empty(); }

    Load load;
    Bisection plan;
    Expiry expiry;
    Tries tries{};
    std::uint64_t id;
    std::uint64_t number = 0;
    Time offered_at{};
    std::string rejection{};  // why the sink refused some of it
    std::uint64_t token = 0;  // of the offer that is pending; 0: none is
    std::size_t offset = 0;   // events of this id that have been settled
    std::uint32_t attempt = 0;
    bool repeated = false;           // it had to be offered again
    std::vector<Refused> refused{};  // events on their way to the dead-letter sink
  };
  // What an answer changes in the ledger: events, and calls of write().
  struct Booking {
    std::size_t delivered = 0;
    std::size_t rejected = 0;
    std::size_t expired = 0;
    std::size_t dead_lettered = 0;
    std::int64_t batches = 0;
    std::int64_t retries = 0;
  };
  using Answer = std::pair<std::uint64_t, WriteResult>;

  // ---- delivery.cpp: flights
  Status make_processors();
  const Flight* next_to_offer() const noexcept;
  bool may_offer();
  void offer(Flight& flight);
  WriteResult call_sink(const Batch& batch);
  void take_answers();
  void stop_awaiting(std::uint64_t token);
  void stop_awaiting();
  void close_broken();
  void release_settled();
  void release(Load& load) noexcept;
  bool stopping() const noexcept;
  Time end_of_pause() const noexcept;
  void say_how_long_pending();

  // ---- delivery_answers.cpp: what an answer means
  void answered(Flight& flight, const WriteResult& result);
  void take_ok(Flight& flight);
  void take_rejection(Flight& flight, const WriteResult& result);
  void take_retry(Flight& flight, const WriteResult& result);
  void settle_named(Flight& flight, std::size_t events, const WriteResult& result);
  void failed(Flight& flight, const WriteResult& result);
  bool expire(Flight& flight);
  void renew(Flight& flight) noexcept;
  void succeed(const std::string& complaint);
  void pause(std::chrono::nanoseconds hint);
  void refuse(Flight& flight, std::size_t event, const std::string& reason);
  bool wants_letters() const noexcept;
  bool post_letters(Flight& flight);
  void book(const Booking& booking);
  void tell_of(SinkState state, const std::string& error);

  Core& core_;
  Channel& channel_;
  std::deque<Flight> flights_{};
  SpareLoads spares_;
  std::unique_ptr<Processors> processors_{};
  std::unique_ptr<Sink> sink_{};  // goes before the batches: it may still read one that is pending
  Sink::Needs needs_{};
  bool sink_is_open_ = false;
  bool was_open_ = false;  // at some time; a sink that never was is told of by the start
  std::optional<std::string> broken_{};  // why the sink must be closed and opened again
  std::optional<DeadLetters> letters_{};
  Backoff backoff_;
  Breaker breaker_;
  std::uint32_t throws_in_a_row_ = 0;
  std::string last_error_{};
  std::uint64_t last_number_ = 0;
  std::uint64_t last_id_ = 0;
  std::uint64_t last_token_ = 0;
  bool is_down_ = false;
  Time down_since_{};
  BreakerState told_breaker_ = BreakerState::closed;
  bool paused_ = false;
  bool was_hinted_ = false;       // the sink itself said how long
  bool had_last_chance_ = false;  // it was asked once more when the end began
  Time paused_at_{};
  Time next_try_{};
  Time next_post_{};
  std::optional<Time> told_pending_since_{};

  std::mutex mutex_{};
  std::vector<std::uint64_t> awaited_{};  // under mutex_: tokens that have no answer yet
  std::vector<Answer> answers_{};         // under mutex_
};

}  // namespace penstock::pipeline
