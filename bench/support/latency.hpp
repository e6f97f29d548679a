// SPDX-License-Identifier: Apache-2.0
// latency.hpp: what a call costs the thread that makes it: bursts of 20 calls, 100 us apart, each
// burst timed as a whole and divided by 20.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <vector>

#include <penstock/detail/record.hpp>

#include "support/comparison.hpp"
#include "support/cpu.hpp"

namespace penstock::bench {

inline constexpr std::uint64_t burst_calls = 20;
inline constexpr double burst_gap_ns = 100'000;
inline constexpr std::size_t warm_up_bursts = 50;

// Nanoseconds of one tick of detail::ticks().
inline double ns_per_tick() {
  static const double result = [] {
    using Clock = std::chrono::steady_clock;
    const auto start = Clock::now();
    const std::uint64_t first = detail::ticks();
    while (Clock::now() - start < std::chrono::milliseconds(100)) cpu_relax();
    const std::uint64_t last = detail::ticks();
    const std::chrono::duration<double, std::nano> took = Clock::now() - start;
    return took.count() / static_cast<double>(last - first);
  }();
  return result;
}

// Figures p50, p90, p99, p999, max of the bursts' nanoseconds per call.
inline Figures latency_figures(const std::vector<double>& bursts) {
  return {{"p50", quantile(bursts, 0.5)},
          {"p90", quantile(bursts, 0.9)},
          {"p99", quantile(bursts, 0.99)},
          {"p999", quantile(bursts, 0.999)},
          {"max", quantile(bursts, 1)}};
}

// Calls op(k, i, d): the number of the burst, the number in the burst, and a double.
template <class Op>
[[gnu::noinline]] Figures measure_bursts(std::size_t bursts, const Op& op) {
  const double tick = ns_per_tick();
  const auto gap = static_cast<std::uint64_t>(burst_gap_ns / tick);
  std::vector<double> took;
  took.reserve(bursts);
  for (std::size_t k = 0; k < bursts + warm_up_bursts; ++k) {
    const double d = static_cast<double>(k) * 1.1;
    const std::uint64_t begin = ticks_before();
    for (std::uint64_t i = 0; i < burst_calls; ++i) op(std::uint64_t{k}, i, d);
    const std::uint64_t end = ticks_after();
    if (k >= warm_up_bursts) {
      took.push_back(static_cast<double>(end - begin) * tick / static_cast<double>(burst_calls));
    }
    const std::uint64_t next = detail::ticks() + gap;
    while (detail::ticks() < next) cpu_relax();
  }
  return latency_figures(took);
}

// Calls that measure_bursts() makes.
constexpr std::uint64_t calls_of(std::size_t bursts) {
  return (bursts + warm_up_bursts) * burst_calls;
}

}  // namespace penstock::bench
