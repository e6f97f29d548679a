// SPDX-License-Identifier: Apache-2.0
// What do a sink's troubles cost its siblings, and the thread that logs? A healthy sink beside one
// that hangs in write(), one that fails every second time, and one that takes 100 ms a batch; these
// three drop what they have no room for. The healthy one's rate is compared with the rate that it
// has alone; what a call costs, with four healthy sinks.
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <penstock/penstock.hpp>

#include "support/comparison.hpp"
#include "support/cpu.hpp"
#include "support/latency.hpp"
#include "support/pipelines.hpp"

namespace {

using namespace penstock;
using namespace std::chrono_literals;
using bench::Figures;

constexpr int usual_rounds = 15;
constexpr std::int64_t events = 2'000'000;
constexpr std::size_t bursts = 2'000;
constexpr auto stop_time = 2s;

// Where events are counted, and where a sink hangs until it is let go.
class Meter {
 public:
  void count(std::size_t more) {
    {
      std::lock_guard lock(mutex_);
      count_ += static_cast<std::int64_t>(more);
    }
    changed_.notify_all();
  }
  void wait_for(std::int64_t count) {
    std::unique_lock lock(mutex_);
    if (!changed_.wait_for(lock, 60s, [&] { return count_ >= count; })) {
      throw std::runtime_error("the healthy sink has not got everything within a minute");
    }
  }
  void hang() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return released_; });
  }
  void release() {
    {
      std::lock_guard lock(mutex_);
      released_ = true;
    }
    changed_.notify_all();
  }

 private:
  std::mutex mutex_{};
  std::condition_variable changed_{};
  std::int64_t count_ = 0;
  bool released_ = false;
};
using SharedMeter = std::shared_ptr<Meter>;

class MeasuredSink : public Sink {
 public:
  explicit MeasuredSink(SharedMeter meter) : meter_(std::move(meter)) {}
  Needs needs() const noexcept override { return {.events = false, .encoded = true}; }
  Status open(SinkContext&) override { return {}; }

 protected:
  Meter& meter() { return *meter_; }

 private:
  SharedMeter meter_;
};

class Healthy final : public MeasuredSink {
 public:
  using MeasuredSink::MeasuredSink;
  WriteResult write(const Batch& batch) override {
    meter().count(batch.size());
    return WriteResult::ok();
  }
};
class Hanging final : public MeasuredSink {
 public:
  using MeasuredSink::MeasuredSink;
  WriteResult write(const Batch&) override {
    meter().hang();
    return WriteResult::ok();
  }
};
class Flapping final : public MeasuredSink {
 public:
  using MeasuredSink::MeasuredSink;
  WriteResult write(const Batch&) override {
    if (++writes_ % 2 == 0) return WriteResult::ok();
    return WriteResult::retry("flapping", 50ms);
  }

 private:
  int writes_ = 0;
};
class Slow final : public MeasuredSink {
 public:
  using MeasuredSink::MeasuredSink;
  WriteResult write(const Batch&) override {
    std::this_thread::sleep_for(100ms);
    return WriteResult::ok();
  }
};

template <class Type>
SinkOptions sink_of(const std::string& name, const SharedMeter& meter, WhenFull when_full) {
  SinkOptions sink = bench::base_sink(name, FormatType::text);
  sink.make = [meter] { return std::make_unique<Type>(meter); };
  sink.when_full = when_full;
  sink.queue.max_bytes = 4 * MiB;
  sink.affinity = {bench::worker_cpu()};
  return sink;
}

enum class Siblings { none, healthy, troubled };

// A pipeline with the healthy sink, and three others if asked for.
class Target {
 public:
  explicit Target(Siblings siblings) {
    PipelineOptions options;
    options.sinks = {sink_of<Healthy>("healthy", meter_, WhenFull::block)};
    if (siblings == Siblings::healthy) {
      for (const char* name : {"second", "third", "fourth"}) {
        options.sinks.push_back(sink_of<Healthy>(name, others_, WhenFull::block));
      }
    }
    if (siblings == Siblings::troubled) {
      options.sinks.push_back(sink_of<Hanging>("hanging", meter_, WhenFull::drop_newest));
      options.sinks.push_back(sink_of<Flapping>("flapping", meter_, WhenFull::drop_newest));
      options.sinks.push_back(sink_of<Slow>("slow", meter_, WhenFull::drop_oldest));
    }
    for (const SinkOptions& sink : options.sinks) {
      bound_ += static_cast<std::int64_t>(sink.queue.max_bytes);
    }
    options.own_events = false;  // the events are counted
    pipeline_.emplace(bench::start_pipeline(std::move(options)));
  }
  ~Target() { meter_->release(); }

  Figures measure_rate() {
    const Logger log = pipeline_->logger("orders");
    const bench::Stopwatch watch;
    for (std::int64_t k = 0; k < events; ++k) {
      log.info("Logging iteration: {}, message: {}", k, k + 1);
    }
    meter_->wait_for(events);
    const double wall_ns = watch.spent().wall_ns;
    check(events);
    return {{"ns_per_event", wall_ns / static_cast<double>(events)},
            {"events_per_second", static_cast<double>(events) / wall_ns * 1e9}};
  }
  Figures measure_caller() {
    const Logger log = pipeline_->logger("orders");
    Figures figures;
    {
      const bench::PinnedTo pinned(bench::caller_cpu());
      figures = bench::measure_bursts(bursts, [&](std::uint64_t k, std::uint64_t i, double) {
        log.info("Logging iteration: {}, message: {}", k, i);
      });
    }
    const auto produced = static_cast<std::int64_t>(bench::calls_of(bursts));
    meter_->wait_for(produced);
    check(produced);
    return figures;
  }

 private:
  // On time, exact, and within the memory that was granted.
  void check(std::int64_t produced) {
    const PipelineStats before = pipeline_->stats();
    const auto begin = std::chrono::steady_clock::now();
    const StopReport report = pipeline_->stop(stop_time);
    const auto took = std::chrono::steady_clock::now() - begin;
    std::string wrong;
    if (took > stop_time + 200ms) wrong += " stop() came late;";
    if (report.stats.conservation_error != 0) wrong += " the account does not add up;";
    if (report.stats.accepted != produced) wrong += " not everything was accepted;";
    if (report.stats.sinks[0].delivered != produced) wrong += " the healthy sink misses some;";
    if (before.memory_bytes > bound_ + bound_ / 10) wrong += " too much memory;";
    if (!wrong.empty()) throw std::runtime_error("isolation:" + wrong);
  }

  SharedMeter meter_ = std::make_shared<Meter>();
  SharedMeter others_ = std::make_shared<Meter>();
  std::int64_t bound_ = 0;
  std::optional<Pipeline> pipeline_{};
};

}  // namespace

int main(int argc, char** argv) {
  bench::Comparison isolation(usual_rounds);
  const auto add = [&](const std::string& name, Siblings siblings, Figures (Target::*measure)(),
                       const std::string& baseline, const std::vector<std::string>& ratios) {
    isolation.add({.name = name,
                   .measure = [measure, siblings] { return (Target(siblings).*measure)(); },
                   .baseline = baseline,
                   .ratios = ratios});
  };
  const std::string alone = "BM_Isolation_Alone/rate";
  const std::string four = "BM_Isolation_FourHealthy/caller";
  add(alone, Siblings::none, &Target::measure_rate, "", {});
  add("BM_Isolation_Troubled/rate", Siblings::troubled, &Target::measure_rate, alone,
      {"events_per_second"});
  add(four, Siblings::healthy, &Target::measure_caller, "", {});
  add("BM_Isolation_Troubled/caller", Siblings::troubled, &Target::measure_caller, four,
      {"p50", "p99"});
  isolation.register_all();
  return bench::run_benchmarks(argc, argv);
}
