// SPDX-License-Identifier: Apache-2.0
// settle_cases.cpp: answers that come later. Of a sink that never answers `pending` there is
// nothing to see.
#include <algorithm>
#include <array>
#include <cstdint>
#include <deque>
#include <vector>

#include <fmt/format.h>

#include "kit/batch_memory.hpp"
#include "kit/bench.hpp"
#include "kit/case.hpp"
#include "kit/sink_driver.hpp"

namespace penstock::kit {
namespace {

constexpr std::size_t offers = 16;

// Batches that are offered without waiting for their answers.
class Crowd {
 public:
  explicit Crowd(SinkDriver& sink) : sink_(sink) {}

  // As many as may be pending at a time. Skip, when none is.
  void offer() {
    const std::size_t count = std::min<std::size_t>(offers, sink_.in_flight_max());
    for (std::size_t i = 0; i < count; ++i) {
      BatchMemory& memory = memories_.emplace_back(1);
      memory.add("one of several that are pending");
      (sink_.offer(memory).pending() ? pending : answered).push_back(sink_.last_token());
    }
    if (pending.empty()) throw Skip{"it never answers pending"};
  }

  std::vector<std::uint64_t> pending{};
  std::vector<std::uint64_t> answered{};

 private:
  SinkDriver& sink_;
  std::deque<BatchMemory> memories_{};
};

void once(Bench& bench) {
  SinkDriver sink(bench);
  Crowd crowd(sink);
  sink.open();
  crowd.offer();
  for (const std::uint64_t token : crowd.pending) sink.wait(token);
  sink.finish();
  for (const std::uint64_t token : crowd.pending) {
    const std::size_t count = sink.settlements().count(token);
    if (count == 1) continue;
    throw Failure{fmt::format("settle() was called {} times for one offer", count),
                  "settle each offer that write() left pending once"};
  }
  for (const std::uint64_t token : crowd.answered) {
    expect(sink.settlements().count(token) == 0,
           "settle() was called for an offer that write() had answered",
           "settle nothing but what write() left pending");
  }
}

void known_tokens(Bench& bench) {
  SinkDriver sink(bench);
  Crowd crowd(sink);
  sink.open();
  crowd.offer();
  for (const std::uint64_t token : crowd.pending) sink.wait(token);
  sink.finish();
  const auto unknown = sink.settlements().unknown_tokens();
  if (unknown.empty()) return;
  throw Failure{
      fmt::format("settle() was called for the token {}, which no offer had", unknown.front()),
      "settle with the token of the batch: not its id, and not a counter"};
}

// A host stops in the middle: what is pending is settled before close() returns, once.
void at_close(Bench& bench) {
  SinkDriver sink(bench);
  Crowd crowd(sink);
  sink.open();
  crowd.offer();
  sink.close();
  for (const std::uint64_t token : crowd.pending) {
    expect(sink.settlements().count(token) > 0,
           "close() has returned, and an offer that was pending was not settled",
           "wait for what is pending in close(), or settle it with `retry`");
  }
  sink.destroy();
}

// What is settled is gone, and what close() has settled too.
void looks_no_more(Bench& bench) {
  BatchMemory memory(1);
  memory.add("one that is pending when it is closed");
  SinkDriver sink(bench);
  sink.open();
  if (!sink.offer(memory).pending()) throw Skip{"it never answers pending"};
  sink.close();
  memory.forbid();
  bench.at("destroy(), with the memory of pending batches gone");
  sink.destroy();
}

constexpr std::array<Case, 4> table = {{
    {"settle.once", "what is pending is settled exactly once", Case::Of::sink, false, &once},
    {"settle.known", "it settles what was offered, and nothing else", Case::Of::sink, false,
     &known_tokens},
    {"settle.at-close", "nothing that is pending is lost when it is closed", Case::Of::sink, false,
     &at_close},
    {"settle.no-more", "no batch is looked at when close() has returned", Case::Of::sink, false,
     &looks_no_more},
}};

}  // namespace

std::span<const Case> settle_cases() { return table; }

}  // namespace penstock::kit
