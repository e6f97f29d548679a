// SPDX-License-Identifier: Apache-2.0
// What does a log call cost the thread that makes it?
//
// Bursts of 20 calls, 100 us apart, on one CPU; the sinks' workers on another. The floor is reading
// the time-stamp counter and doing nothing else. Percentiles are of bursts, in nanoseconds a call.
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <benchmark/benchmark.h>

#include <penstock/penstock.hpp>

#include "support/comparison.hpp"
#include "support/files.hpp"
#include "support/latency.hpp"
#include "support/pipelines.hpp"

namespace {

using namespace penstock;
using bench::Figures;

constexpr int usual_rounds = 15;
constexpr std::size_t bursts_per_round = 2000;
constexpr std::string_view text48 = "a text of forty-eight bytes, no more and no less";
static_assert(text48.size() == 48);

// A pipeline of text file sinks, and how many events it should have got.
class Target {
 public:
  Target(const std::string& name, int sinks, std::optional<std::chrono::microseconds> linger) {
    PipelineOptions options;
    for (int i = 0; i < sinks; ++i) {
      const std::string sink_name = name + "_" + std::to_string(i);
      SinkOptions sink = bench::pinned_file_sink(sink_name, bench::scratch_path(sink_name));
      if (linger) sink.batch.linger = *linger;
      options.sinks.push_back(std::move(sink));
    }
    pipeline_.emplace(bench::start_pipeline(std::move(options)));
  }

  Logger logger() { return pipeline_->logger("orders"); }

  template <class Op>
  Figures measure(const Op& op) {
    const bench::PinnedTo pinned(bench::caller_cpu());
    Figures figures = bench::measure_bursts(bursts_per_round, op);
    produced_ += static_cast<std::int64_t>(bench::calls_of(bursts_per_round));
    pipeline_->flush(std::chrono::seconds{10});
    return figures;
  }
  void check() { bench::stop_and_check(*pipeline_, produced_); }

 private:
  std::optional<Pipeline> pipeline_{};
  std::int64_t produced_ = 0;
};

struct Targets {
  Target one{"one", 1, {}};
  Target eight{"eight", 8, {}};
  Target brisk{"brisk", 1, std::chrono::microseconds{200}};
  Target at_once{"at_once", 1, std::chrono::microseconds{0}};
};

Figures measure_floor() {
  const bench::PinnedTo pinned(bench::caller_cpu());
  return bench::measure_bursts(bursts_per_round, [](std::uint64_t, std::uint64_t, double) {
    benchmark::DoNotOptimize(detail::ticks());
  });
}

Figures measure_three_numbers(Target& target) {
  const Logger log = target.logger();
  return target.measure([&](std::uint64_t k, std::uint64_t i, double d) {
    log.info("Logging iteration: {}, message: {}, double: {}", k, i, d);
  });
}

Figures measure_text(Target& target) {
  const Logger log = target.logger();
  const std::string text(text48);
  return target.measure([&](std::uint64_t k, std::uint64_t i, double) {
    log.info("Logging iteration: {}, message: {}, text: {}", k, i, text);
  });
}

Figures measure_fields(Target& target) {
  const Logger log = target.logger();
  return target.measure([&](std::uint64_t k, std::uint64_t i, double d) {
    log.info("Logging iteration: {}", k, field("message", i), field("double", d));
  });
}

Figures measure_context(Target& target) {
  const Logger log = target.logger().with(field("request_id", std::uint64_t{4711}));
  return target.measure([&](std::uint64_t k, std::uint64_t i, double d) {
    log.info("Logging iteration: {}, message: {}, double: {}", k, i, d);
  });
}

Figures measure_below_level(Target& target) {
  const Logger log = target.logger();
  const bench::PinnedTo pinned(bench::caller_cpu());
  return bench::measure_bursts(bursts_per_round, [&](std::uint64_t k, std::uint64_t i, double d) {
    log.debug("Logging iteration: {}, message: {}, double: {}", k, i, d);
  });
}

void add_cases(bench::Comparison& callers, std::unique_ptr<Targets>& targets) {
  const std::string floor = "BM_Ticks_Read/caller";
  const std::vector<std::string> ratios = {"p50", "p90", "p99", "p999"};
  const std::string one = "BM_Logger_Info/caller/sinks:1";

  callers.add({.name = floor, .measure = [] { return measure_floor(); }});
  const auto add = [&](const std::string& name, Figures (*measure)(Target&), Target Targets::*which,
                       const std::string& baseline) {
    callers.add({.name = name,
                 .measure = [&targets, measure, which] { return measure((*targets).*which); },
                 .baseline = baseline,
                 .ratios = ratios});
  };
  add(one, measure_three_numbers, &Targets::one, floor);
  // The ratio of this one is to one sink.
  add("BM_Logger_Info/caller/sinks:8", measure_three_numbers, &Targets::eight, one);
  add("BM_Logger_Info/caller/text_bytes:48", measure_text, &Targets::one, floor);
  add("BM_Logger_Info/caller/fields:2", measure_fields, &Targets::one, floor);
  add("BM_Logger_Info/caller/context_fields:1", measure_context, &Targets::one, floor);
  add("BM_Logger_Debug/caller/below_level", measure_below_level, &Targets::one, floor);
  // The worker naps for the linger between looks: with 200 us it meets every second burst. With 0
  // it sleeps after 20 us, and the first call of each burst has to wake it.
  add("BM_Logger_Info/caller/linger_us:200", measure_three_numbers, &Targets::brisk, floor);
  add("BM_Logger_Info/caller/linger_us:0", measure_three_numbers, &Targets::at_once, floor);
}

}  // namespace

int main(int argc, char** argv) {
  std::unique_ptr<Targets> targets;
  bench::Comparison callers(
      usual_rounds, [&] { targets = std::make_unique<Targets>(); },
      [&] {
        targets->one.check();
        targets->eight.check();
        targets->brisk.check();
        targets->at_once.check();
        targets.reset();
      });
  add_cases(callers, targets);
  callers.register_all();
  return bench::run_benchmarks(argc, argv);
}
