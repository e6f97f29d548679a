// SPDX-License-Identifier: Apache-2.0
// speed_cases.cpp: figures, of this machine and the sink's destination. They never fail.
#include <algorithm>
#include <array>
#include <chrono>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "kit/batch_memory.hpp"
#include "kit/bench.hpp"
#include "kit/case.hpp"
#include "kit/faults.hpp"
#include "kit/sink_driver.hpp"

namespace penstock::kit {
namespace {

using Clock = std::chrono::steady_clock;
using Microseconds = std::chrono::duration<double, std::micro>;

constexpr std::size_t batch_events = 512;
constexpr std::chrono::milliseconds time_to_measure{500};

double at_quantile(const std::vector<double>& sorted, double quantile) {
  return sorted[static_cast<std::size_t>(quantile * static_cast<double>(sorted.size() - 1))];
}

// Of the thread that writes, in one more batch; empty when they cannot be counted.
std::string allocations_of(SinkDriver& sink, BatchMemory& memory) {
  const Faults* const faults = find_faults();
  if (faults == nullptr) return {};
  const std::uint64_t before = faults->all_allocations();
  const Answer answer = sink.offer(memory);
  const std::uint64_t count = faults->all_allocations() - before;
  if (answer.pending()) sink.wait(sink.last_token());
  return fmt::format(", {:.2f} allocations",
                     static_cast<double>(count) / static_cast<double>(batch_events));
}

void writes(Bench& bench) {
  BatchMemory memory(batch_events);
  for (std::size_t i = 0; i < batch_events; ++i) {
    memory.add(
        fmt::format("order {} filled at {}.{:02}, of an account that is known", i, i, i % 100));
  }
  SinkDriver sink(bench);
  sink.open();
  sink.deliver(memory);
  const std::string allocations = allocations_of(sink, memory);
  std::vector<double> taken;
  const Clock::time_point end = Clock::now() + time_to_measure;
  while (Clock::now() < end) {
    const Clock::time_point begin = Clock::now();
    const Answer answer = sink.write(memory);
    if (!answer.ok()) throw Skip{"it does not deliver all: " + answer.reason};
    taken.push_back(Microseconds(Clock::now() - begin).count());
  }
  sink.finish();
  std::sort(taken.begin(), taken.end());
  const double median = at_quantile(taken, 0.5);
  bench.note(
      fmt::format("a batch of {} events: median {:.1f} us, p99 {:.1f} us; {:.1f} ns an event{}",
                  batch_events, median, at_quantile(taken, 0.99),
                  median * 1'000 / static_cast<double>(batch_events), allocations));
}

constexpr std::array<Case, 1> table = {{
    {"speed.write", "how long write() takes", Case::Of::sink, false, &writes, true, true},
}};

}  // namespace

std::span<const Case> speed_cases() { return table; }

}  // namespace penstock::kit
