// SPDX-License-Identifier: Apache-2.0
// window.hpp: the batches that have been offered and are not settled, and what has become of each
// of their events. It knows nothing of Kafka.
//
// Threads  one at a time: who uses it has a mutex
// Order    take() gives events in the order in which they were offered; one that has to be sent
//          again comes before all that were offered after it
// Loss     a batch is settled when each of its events has its outcome, and once
// Errors   std::bad_alloc from add() and take(), after which all is as it was, and from what gives
//          answers, which can then be asked for again; report() without a reason needs no memory
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include <penstock/sink.hpp>

namespace kafka {

// An event of the window. Never 0, and never that of another event.
using Ticket = std::uint64_t;

enum class Outcome : std::uint8_t {
  delivered,
  refused,  // for good
  again,    // it is sent again, before all that was offered after it
  crowded,  // what it was sent with was too large: it is sent again by itself
};

class Window final {
 public:
  struct Event {
    Ticket ticket = 0;
    const penstock::Batch* batch = nullptr;
    std::size_t position = 0;
  };
  struct Answer {
    std::uint64_t token = 0;
    penstock::WriteResult result;
  };

  void add(const penstock::Batch& batch);

  // Adds the next events to be sent, up to `most`, which count as sent from now on. Less: no more
  // wait, or they have to wait for another.
  void take(std::size_t most, std::vector<Event>& events);
  // It was not sent after all: it is the next one again. Nothing if it has its outcome.
  void put_back(Ticket ticket);
  // What has become of one that was sent. What is not in the window counts for nothing.
  void report(Ticket ticket, Outcome outcome, std::string_view why = {});
  // Nothing more will be reported of what was sent: it is sent again. How many these are.
  std::size_t forget_sent();

  // The answers to the batches that have become complete.
  std::vector<Answer> answers();
  // The answers to all batches, which leave the window.
  std::vector<Answer> give_up(const std::string& why);

  // Events that were sent, and of which nothing was reported.
  std::size_t sent() const noexcept { return sent_; }
  // Events that take() may give, now or later.
  std::size_t waiting() const noexcept { return waiting_ + crowded_; }

 private:
  enum class State : std::uint8_t { waiting, crowded, sent, sent_alone, delivered, refused };
  struct Flight {
    explicit Flight(const penstock::Batch& its_batch)
        : batch(its_batch), states(its_batch.size(), State::waiting), open(its_batch.size()) {}
    penstock::Batch batch;
    std::vector<State> states;
    std::size_t open;      // events that have no outcome
    std::size_t next = 0;  // none before it waits
    bool settled = false;
    std::string why{};  // of what was refused, or is sent again
  };

  static bool is_over(State state) noexcept { return state >= State::delivered; }
  std::size_t* count_of(State state) noexcept;
  Flight* find(Ticket ticket, std::size_t& index, std::size_t& position);
  void change(std::size_t index, std::size_t position, State to);
  void take_alone(std::vector<Event>& events);
  Event event_at(std::size_t index, std::size_t position) const noexcept;
  static penstock::WriteResult result_of(const Flight& flight);

  std::deque<Flight> flights_{};
  std::uint64_t first_ = 1;    // the number of the first of flights_
  std::size_t take_from_ = 0;  // of flights_: in none before it an event waits
  std::size_t waiting_ = 0;
  std::size_t crowded_ = 0;
  std::size_t sent_ = 0;
  bool one_is_alone_ = false;  // with Kafka, and so that it stays alone
  bool some_complete_ = false;
};

}  // namespace kafka
