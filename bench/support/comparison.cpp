// SPDX-License-Identifier: Apache-2.0
#include "support/comparison.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <stdexcept>
#include <unistd.h>

namespace penstock::bench {
namespace {

bool some_case_failed = false;

double figure_of(const Figures& figures, const std::string& name) {
  for (const auto& [key, value] : figures) {
    if (key == name) return value;
  }
  throw std::logic_error("a case has no figure '" + name + "'");
}

// The quartiles are for bench/record.sh; people who look at the console want short lines.
bool wants_spread() { return std::getenv("PENSTOCK_BENCH_SPREAD") != nullptr; }

void put(benchmark::State& state, const std::string& name, const std::vector<double>& values) {
  state.counters[name] = quantile(values, 0.5);
  if (!wants_spread()) return;
  state.counters[name + "_q1"] = quantile(values, 0.25);
  state.counters[name + "_q3"] = quantile(values, 0.75);
}

void show_progress(const std::string& name, int round, int rounds) {
  if (isatty(STDERR_FILENO) == 0) return;
  std::fprintf(stderr, "\r\33[K  round %d of %d: %s", round + 1, rounds, name.c_str());
}

void end_progress() {
  if (isatty(STDERR_FILENO) != 0) std::fputs("\r\33[K", stderr);
}

}  // namespace

double quantile(std::vector<double> values, double q) {
  if (values.empty()) throw std::logic_error("the quantile of nothing");
  const auto rank = static_cast<std::size_t>(q * static_cast<double>(values.size()));
  const auto at = values.begin() + static_cast<std::ptrdiff_t>(std::min(rank, values.size() - 1));
  std::nth_element(values.begin(), at, values.end());
  return *at;
}

int rounds_or(int usual) {
  const char* const text = std::getenv("PENSTOCK_BENCH_ROUNDS");
  if (text == nullptr) return usual;
  return std::max(1, std::atoi(text));
}

int run_benchmarks(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
  return some_case_failed ? 1 : 0;
}

Comparison::Comparison(int rounds, std::function<void()> begin, std::function<void()> end)
    : rounds_(rounds_or(rounds)), begin_(std::move(begin)), end_(std::move(end)) {}

void Comparison::add(Case item) {
  Entry entry;
  entry.item = std::move(item);
  entries_.push_back(std::move(entry));
}

void Comparison::register_all() {
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    benchmark::RegisterBenchmark(entries_[i].item.name.c_str(),
                                 [this, i](benchmark::State& state) { report(state, entries_[i]); })
        ->UseManualTime()
        ->Iterations(1);
  }
}

void Comparison::report(benchmark::State& state, Entry& entry) {
  // The second time it is asked for (--benchmark_repetitions), everything is measured again.
  if (!entry.measured) measure();
  entry.measured = false;
  if (!entry.error.empty()) {
    some_case_failed = true;
    state.SkipWithError(entry.error.c_str());
    return;
  }

  const std::size_t figure_count = entry.rounds.front().size();
  for (std::size_t f = 0; f < figure_count; ++f) {
    std::vector<double> values;
    for (const Figures& figures : entry.rounds) values.push_back(figures[f].second);
    if (f == 0) {
      for (auto _ : state) state.SetIterationTime(quantile(values, 0.5) * 1e-9);
    }
    put(state, entry.rounds.front()[f].first, values);
  }
  for (const std::string& figure : entry.item.ratios) {
    const std::vector<double> values = ratios(entry, figure);
    if (!values.empty()) put(state, "ratio_" + figure, values);
  }
}

void Comparison::measure() {
  for (Entry& entry : entries_) {
    entry.rounds.clear();
    entry.error.clear();
    entry.measured = true;
  }
  try {
    if (begin_) begin_();
    for (int round = 0; round < rounds_; ++round) measure_round(round);
    if (end_) end_();
  } catch (const std::exception& error) {
    for (Entry& entry : entries_) entry.error = error.what();
  }
  end_progress();
}

void Comparison::measure_round(int round) {
  for (Entry& entry : entries_) {
    if (!entry.error.empty()) continue;
    show_progress(entry.item.name, round, rounds_);
    try {
      entry.rounds.push_back(entry.item.measure());
    } catch (const std::exception& error) {
      entry.error = error.what();
    }
  }
}

const Comparison::Entry* Comparison::find(const std::string& name) const {
  for (const Entry& entry : entries_) {
    if (entry.item.name == name) return &entry;
  }
  return nullptr;
}

// Round by round. Empty when the baseline failed or is left out.
std::vector<double> Comparison::ratios(const Entry& entry, const std::string& figure) const {
  std::vector<double> values;
  const Entry* const baseline = find(entry.item.baseline);
  if (baseline == nullptr || !baseline->error.empty()) return values;
  const std::size_t rounds = std::min(entry.rounds.size(), baseline->rounds.size());
  for (std::size_t i = 0; i < rounds; ++i) {
    values.push_back(figure_of(entry.rounds[i], figure) / figure_of(baseline->rounds[i], figure));
  }
  return values;
}

}  // namespace penstock::bench
