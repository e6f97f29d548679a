// SPDX-License-Identifier: Apache-2.0
// network_cases.cpp: a destination that is slow, or goes down and comes up again. What was given to
// the sink meanwhile is delivered at last.
#include <algorithm>
#include <array>
#include <chrono>
#include <deque>
#include <string>

#include <fmt/format.h>

#include "kit/batch_memory.hpp"
#include "kit/bench.hpp"
#include "kit/case.hpp"
#include "kit/faults.hpp"
#include "kit/sink_driver.hpp"

namespace penstock::kit {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t batches = 3;

BatchMemory& one_batch(std::deque<BatchMemory>& memories) {
  BatchMemory& memory = memories.emplace_back(2);
  memory.add("before it");
  memory.add("and after it");
  return memory;
}

// Open, with a batch delivered over a network. Skip, when there is none.
void begin(SinkDriver& sink, const Faults& faults, BatchMemory& memory) {
  sink.open();
  sink.deliver(memory);
  if (faults.connections() == 0) throw Skip{"it connects to nothing"};
}

// An outage is no fault of the events, and none of the sink.
void expect_patience(const Answer& answer) {
  if (answer.ok() || answer.pending() || answer.status == PENSTOCK_WRITE_RETRY) return;
  throw Failure{fmt::format("write() answers {} while its destination is down: {}",
                            status_name(answer.status), answer.reason),
                "answer `retry`: the events come again, and it connects again"};
}

// What it was offered, and what is known of that.
struct Given {
  BatchMemory* memory = nullptr;
  Offer how{};
  std::uint64_t token = 0;
  Answer answer{};
};

// Offered again until it is delivered, as long as the case has time.
void see_delivered(Bench& bench, SinkDriver& sink, Given& given, Clock::time_point end) {
  if (given.answer.pending()) given.answer = sink.wait(given.token);
  while (!given.answer.ok()) {
    expect_patience(given.answer);
    if (Clock::now() >= end) {
      throw Failure{fmt::format("its destination is up again since {} s, and it does not deliver: "
                                "{}",
                                std::chrono::duration<double>(bench.call_time()).count(),
                                given.answer.reason),
                    "connect again in write(), and leave the waiting to Penstock"};
    }
    const timespec pause{.tv_sec = 0, .tv_nsec = 20'000'000};
    ::nanosleep(&pause, nullptr);
    ++given.how.attempt;
    given.answer = sink.write(*given.memory, given.how);
  }
}

void down_then_up(Bench& bench) {
  const Faults& faults = faults_here();
  std::deque<BatchMemory> memories;
  SinkDriver sink(bench);
  begin(sink, faults, one_batch(memories));
  std::deque<Given> all;
  {
    const Outage outage(faults, Network::down);
    end_connections();
    const std::size_t count = std::min<std::size_t>(batches, sink.in_flight_max());
    for (std::size_t i = 0; i < count; ++i) {
      Given& given = all.emplace_back();
      given.memory = &one_batch(memories);
      given.how.id = 1'000 + i;  // its id stays when it is offered again
      given.answer = sink.offer(*given.memory, given.how);
      given.token = sink.last_token();
      expect_patience(given.answer);
    }
  }
  const Clock::time_point end = Clock::now() + bench.call_time();
  for (Given& given : all) see_delivered(bench, sink, given, end);
  sink.finish();
}

void slow(Bench& bench) {
  const Faults& faults = faults_here();
  std::deque<BatchMemory> memories;
  SinkDriver sink(bench);
  begin(sink, faults, one_batch(memories));
  const Outage outage(faults, Network::slow);
  const Clock::time_point end = Clock::now() + bench.call_time();
  for (std::size_t i = 0; i < batches; ++i) {
    Given given{.memory = &one_batch(memories), .how = {.id = 1'000 + i}, .answer = {}};
    given.answer = sink.write(*given.memory, given.how);
    see_delivered(bench, sink, given, end);
  }
  sink.finish();
}

constexpr std::array<Case, 2> table = {{
    {"fault.outage", "it delivers when its destination is back, and rejects nothing meanwhile",
     Case::Of::sink, false, &down_then_up, false, true},
    {"fault.slow", "it delivers to a slow destination", Case::Of::sink, false, &slow, false, true},
}};

}  // namespace

std::span<const Case> network_cases() { return table; }

}  // namespace penstock::kit
