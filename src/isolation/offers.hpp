// SPDX-License-Identifier: Apache-2.0
// offers.hpp: the batches that a child has been offered and has not answered for, and whether what
// it says about them can be true.
//
// Threads  one at a time
// Bound    positions of an answer: the events of its batch
// Errors   "" is good; else what the child cannot truly say. Nothing it said then counts
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "isolation/messages.hpp"
#include "penstock/sink.hpp"

namespace penstock::isolation {

class Offers final {
 public:
  using Time = std::chrono::steady_clock::time_point;

  // `is_part`: of a batch of the pipeline that has more events. Answers mean the whole then: `ok`
  // is that these are settled, and the rest is to be offered again.
  void add(std::uint64_t token, std::size_t events, std::uint32_t segment, Time now,
           bool is_part = false);

  // What `answer` and `settle` mean for the pipeline. `free_segment`: the child has no business
  // with that one any more.
  struct Outcome {
    std::string nonsense{};
    std::optional<WriteResult> result{};
    std::optional<std::uint32_t> free_segment{};
  };
  Outcome take(Message message);
  std::string take_positions(const Message& message);

  // Since when the oldest answer is owed that write() has left pending.
  std::optional<Time> owed_since() const;
  // One of those; nothing: there is none.
  std::optional<std::uint64_t> owed() const noexcept;
  // The one offer that there is.
  std::optional<std::uint64_t> only() const noexcept;
  void forget(std::uint64_t token) noexcept;
  void clear() noexcept { offers_.clear(); }

 private:
  struct Offer {
    std::uint64_t token;
    std::size_t events;
    std::uint32_t segment;
    Time since;
    bool is_part = false;
    bool returned = false;  // write() has, with `pending`
    bool settled = false;   // it may be before that
    std::vector<std::uint32_t> positions{};
  };

  std::vector<Offer>::iterator find(std::uint64_t token);

  std::vector<Offer> offers_{};
};

}  // namespace penstock::isolation
