// SPDX-License-Identifier: Apache-2.0
// memory_cases.cpp: one allocation after the other fails, each in a life of its own. The sink says
// so, keeps what it was given, and goes on when there is memory again.
#include <array>
#include <chrono>
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

constexpr std::size_t batch_events = 16;

void fill(BatchMemory& memory) {
  for (std::size_t i = 0; i < batch_events; ++i) {
    memory.add(fmt::format("{}: a message that is too long to stand in a string itself", i));
  }
}

void expect_kept(const Answer& answer) {
  if (answer.status != PENSTOCK_WRITE_REJECT) return;
  throw Failure{"write() rejects events for want of memory: " + answer.reason,
                "answer `retry`: nothing is wrong with the events"};
}

// With memory again. `delivers`: it did in a life in which nothing failed.
void go_on(SinkDriver& sink, BatchMemory& memory, const Answer& answer, bool delivers) {
  std::string why;
  if (answer.status == PENSTOCK_WRITE_FATAL) {
    sink.close();
    if (!sink.try_open(why)) {
      throw Failure{"it does not open again after it was out of memory: " + why,
                    "answer `retry` where nothing is broken"};
    }
  }
  if (delivers && !answer.ok()) sink.deliver(memory);
}

// Whether write() was `ok`.
bool live(Bench& bench, const Faults& faults, std::uint64_t failing, bool delivers,
          std::uint64_t& allocations) {
  BatchMemory memory(batch_events);
  fill(memory);
  const FailingAllocation out_of_memory(faults, failing);
  std::string why;
  SinkDriver sink(bench, {.refused = &why});
  if (sink.made() && sink.try_open(why)) {
    const Answer answer = sink.write(memory);
    expect_kept(answer);
    sink.flush();
    allocations = faults.own_allocations();
    faults.fail_allocation(0);
    go_on(sink, memory, answer, delivers);
    sink.finish();
    return answer.ok();
  }
  allocations = faults.own_allocations();
  expect(!why.empty(), "create() or open() failed for want of memory and gave no reason",
         "fill in `error`: it is what the user gets to see");
  if (sink.made()) sink.destroy();
  return false;
}

void out_of_memory(Bench& bench) {
  const Faults& faults = faults_here();
  watch_plugin(bench, faults);
  static_cast<void>(bench.plugin());  // init() is called once in a process
  std::uint64_t count = 0;
  const bool delivers = live(bench, faults, 0, false, count);
  const Clock::time_point end = Clock::now() + bench.call_time();
  std::uint64_t failed = 0;
  for (std::uint64_t failing = 1; failing <= count && Clock::now() < end; ++failing) {
    bench.set_circumstance(fmt::format(", allocation {} of {} failing", failing, count));
    std::uint64_t reached = 0;
    live(bench, faults, failing, delivers, reached);
    if (reached >= failing) ++failed;
  }
  bench.note(fmt::format("{} of its {} allocations failed, one in each life", failed, count));
}

constexpr std::array<Case, 1> table = {{
    {"fault.memory", "it lives on when an allocation fails, and loses nothing by it",
     Case::Of::sink, false, &out_of_memory, false, true},
}};

}  // namespace

std::span<const Case> memory_cases() { return table; }

}  // namespace penstock::kit
