// SPDX-License-Identifier: Apache-2.0
// comparison.hpp: cases that are measured together, in rounds, so that noise meets all of them
// alike.
//
// In each round every case is measured once, one after the other. What is reported is the median
// over the rounds; a ratio is the median of the ratios within each round. Asking for one case of a
// comparison measures them all.
//
// Threads  one
// Errors   a case whose `measure` throws is reported by SkipWithError, and the program ends with 1
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include <benchmark/benchmark.h>

namespace penstock::bench {

// Named figures of one case in one round. The first is what the Time column shows, in nanoseconds.
using Figures = std::vector<std::pair<std::string, double>>;

struct Case {
  std::string name{};
  std::function<Figures()> measure{};
  std::string baseline{};             // name of the case that `ratios` are to
  std::vector<std::string> ratios{};  // figures to divide: "p50" is reported as ratio_p50
};

class Comparison {
 public:
  // `begin` runs before the first round; `end` after the last, and may throw when what was measured
  // did not do what it should have done.
  explicit Comparison(int rounds, std::function<void()> begin = {}, std::function<void()> end = {});
  Comparison(const Comparison&) = delete;
  Comparison& operator=(const Comparison&) = delete;

  void add(Case item);
  // Makes a Google Benchmark of each case. This object must stay until they have run.
  void register_all();

 private:
  struct Entry {
    Case item{};
    std::vector<Figures> rounds{};
    std::string error{};
    bool measured = false;  // and not reported yet
  };

  void report(benchmark::State& state, Entry& entry);
  void measure();
  void measure_round(int round);
  const Entry* find(const std::string& name) const;
  std::vector<double> ratios(const Entry& entry, const std::string& figure) const;

  int rounds_;
  std::function<void()> begin_;
  std::function<void()> end_;
  std::vector<Entry> entries_{};
};

// Nearest-rank quantile, 0 <= q <= 1. `values` is not empty.
double quantile(std::vector<double> values, double q);

// PENSTOCK_BENCH_ROUNDS, or `usual`.
int rounds_or(int usual);

// What every bench's main() ends with: 0, or 1 when a case failed.
int run_benchmarks(int argc, char** argv);

}  // namespace penstock::bench
