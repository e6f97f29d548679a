// SPDX-License-Identifier: Apache-2.0
// What does Penstock cost where it is not warm? The first event of a thread, of a process, after
// idleness; and what a thousand threads cost that have logged once and then do nothing.
#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <exception>
#include <fstream>
#include <latch>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <unistd.h>
#include <vector>

#include <benchmark/benchmark.h>

#include <penstock/penstock.hpp>

#include "support/child.hpp"
#include "support/comparison.hpp"
#include "support/files.hpp"
#include "support/latency.hpp"
#include "support/pipelines.hpp"

namespace {

using namespace penstock;
using bench::Figures;

constexpr int usual_rounds = 5;
constexpr int thread_tries = 200;  // in a round
constexpr int process_tries = 40;  // in a round
constexpr int idle_tries = 100;    // in a round
constexpr auto idle_time = std::chrono::milliseconds(5);
constexpr std::ptrdiff_t idle_threads = 1000;
constexpr std::size_t active_bursts = 1000;
constexpr const char* process_mode = "--first-event-of-process";
constexpr const char* memory_mode = "--memory-of-idle-threads";

double ns_since(std::uint64_t ticks) {
  return static_cast<double>(detail::ticks() - ticks) * bench::ns_per_tick();
}

Figures percentiles(const std::vector<double>& values, const std::string& suffix = "") {
  return {{"p50" + suffix, bench::quantile(values, 0.5)},
          {"p90" + suffix, bench::quantile(values, 0.9)},
          {"p99" + suffix, bench::quantile(values, 0.99)},
          {"max" + suffix, bench::quantile(values, 1)}};
}

// ---- the first event of a thread, in a pipeline where others have logged

Figures measure_threads() {
  const std::string path = bench::scratch_path("threads");
  Pipeline pipeline = bench::start_pipeline({.sinks = {bench::file_sink_to(path)}});
  const Logger log = pipeline.logger("orders");
  const auto say = [&log](int k) { log.info("first event of thread {}", k); };
  say(-1);
  bench::ns_per_tick();
  std::vector<double> took;
  for (int k = 0; k < thread_tries; ++k) {
    std::thread([&] {
      const std::uint64_t start = detail::ticks();
      say(k);
      took.push_back(ns_since(start));
    }).join();
  }
  bench::stop_and_check(pipeline, thread_tries + 1);
  bench::check_and_remove(path, thread_tries + 1);
  return percentiles(took);
}

// ---- the first event of a process: main() begins, the pipeline starts, one event is logged

int run_process(const std::string& path) {
  using Clock = std::chrono::steady_clock;
  const auto begin = Clock::now();
  Pipeline pipeline = bench::start_pipeline({.sinks = {bench::file_sink_to(path)}});
  const Logger log = pipeline.logger("orders");
  const auto started = Clock::now();
  log.info("first event of a process: {}", 1);
  const auto logged = Clock::now();
  bench::stop_and_check(pipeline, 1);
  const auto ns = [](Clock::duration time) {
    return static_cast<long long>(std::chrono::nanoseconds(time).count());
  };
  std::printf("%lld %lld\n", ns(started - begin), ns(logged - started));
  return 0;
}

Figures measure_processes() {
  const std::string path = bench::scratch_path("process");
  std::vector<double> calls;
  std::vector<double> with_start;
  for (int k = 0; k < process_tries; ++k) {
    const std::vector<double> ns = bench::numbers_of_self({process_mode, path}, 2);
    calls.push_back(ns[1]);
    with_start.push_back(ns[0] + ns[1]);
    bench::check_and_remove(path, 1);
  }
  Figures figures = percentiles(calls);
  for (const auto& figure : percentiles(with_start, "_with_start")) figures.push_back(figure);
  return figures;
}

// ---- the first event after idleness, until it is with its sink

// Notes when write() was called last.
class NotingSink final : public Sink {
 public:
  explicit NotingSink(std::atomic<std::uint64_t>& seen) : seen_(seen) {}
  Status open(SinkContext&) override { return {}; }
  WriteResult write(const Batch&) override {
    // Release: whoever waits for it finds the event delivered.
    seen_.store(detail::ticks(), std::memory_order_release);
    return WriteResult::ok();
  }

 private:
  std::atomic<std::uint64_t>& seen_;
};

Figures measure_after_idleness() {
  std::atomic<std::uint64_t> seen{0};
  SinkOptions sink = bench::base_sink("noting", FormatType::text);
  sink.batch.linger = std::chrono::nanoseconds{0};
  sink.make = [&seen] { return std::make_unique<NotingSink>(seen); };
  Pipeline pipeline = bench::start_pipeline({.sinks = {std::move(sink)}});
  const Logger log = pipeline.logger("orders");

  std::vector<double> took;
  std::vector<double> calls;
  for (int k = 0; k < idle_tries; ++k) {
    std::this_thread::sleep_for(idle_time);
    seen.store(0, std::memory_order_relaxed);
    const std::uint64_t start = detail::ticks();
    log.info("after idleness {}", k);
    calls.push_back(ns_since(start));
    std::uint64_t end = 0;
    while ((end = seen.load(std::memory_order_acquire)) == 0) bench::cpu_relax();
    took.push_back(static_cast<double>(end - start) * bench::ns_per_tick());
  }
  bench::stop_and_check(pipeline, idle_tries);
  Figures figures = percentiles(took);
  figures.emplace_back("p50_of_the_call", bench::quantile(calls, 0.5));
  return figures;
}

// ---- threads that logged once and then do nothing

// They log when told so, and live until this ends.
class IdleThreads {
 public:
  IdleThreads() {
    for (std::ptrdiff_t k = 0; k < idle_threads; ++k) {
      threads_.emplace_back([this, k] {
        up_.count_down();
        go_.wait();
        if (log_) log_->info("idle thread {}", static_cast<int>(k));
        logged_.count_down();
        end_.wait();
      });
    }
    up_.wait();
  }
  ~IdleThreads() {
    if (!logged_.try_wait()) log_once(std::nullopt);
    end_.count_down();
    for (std::thread& thread : threads_) thread.join();
  }
  IdleThreads(const IdleThreads&) = delete;
  IdleThreads& operator=(const IdleThreads&) = delete;

  void log_once(std::optional<Logger> log) {
    log_ = std::move(log);
    go_.count_down();
    logged_.wait();
  }

 private:
  std::optional<Logger> log_{};
  std::latch up_{idle_threads};
  std::latch go_{1};
  std::latch logged_{idle_threads};
  std::latch end_{1};
  std::vector<std::thread> threads_{};
};

// Resident memory of this process, in bytes.
double resident_bytes() {
  std::ifstream file("/proc/self/statm");
  double total = 0;
  double resident = 0;
  file >> total >> resident;
  return resident * static_cast<double>(sysconf(_SC_PAGESIZE));
}

// In a process of its own: memory that others have given back would hide what is taken.
int run_memory(const std::string& path) {
  Pipeline pipeline = bench::start_pipeline({.sinks = {bench::file_sink_to(path)}});
  const Logger log = pipeline.logger("orders");
  log.info("the pipeline is warm: {}", 1);
  pipeline.flush(std::chrono::seconds{10});
  const double before = resident_bytes();
  double with_threads = 0;
  double after = 0;
  double blocks = 0;
  {
    IdleThreads threads;
    with_threads = resident_bytes();
    threads.log_once(log);
    pipeline.flush(std::chrono::seconds{10});
    after = resident_bytes();
    blocks = static_cast<double>(pipeline.stats().memory_bytes);
  }
  bench::stop_and_check(pipeline, idle_threads + 1);
  std::printf("%.0f %.0f %.0f\n", after - with_threads, after - before, blocks);
  return 0;
}

Figures measure_memory() {
  const std::string path = bench::scratch_path("memory");
  const auto start = std::chrono::steady_clock::now();
  const std::vector<double> bytes = bench::numbers_of_self({memory_mode, path}, 3);
  const std::chrono::duration<double, std::nano> took = std::chrono::steady_clock::now() - start;
  bench::check_and_remove(path, idle_threads + 1);
  const double mib = static_cast<double>(MiB);
  return {{"run_ns", took.count()},
          {"MiB_for_logging", bytes[0] / mib},
          {"MiB_with_the_threads", bytes[1] / mib},
          {"MiB_of_blocks", bytes[2] / mib}};
}

// Two pipelines alike, but that idle threads have logged to one of them.
struct Active {
  struct Target {
    explicit Target(const std::string& name)
        : pipeline(bench::start_pipeline(
              {.sinks = {bench::pinned_file_sink(name, bench::scratch_path(name))}})) {}
    Pipeline pipeline;
    std::int64_t produced = 0;
  };
  Target alone{"alone"};
  Target crowded{"crowded"};
  IdleThreads threads{};

  Active() {
    threads.log_once(crowded.pipeline.logger("idle"));
    crowded.produced += idle_threads;
  }
};

Figures measure_active(Active::Target& target) {
  const bench::PinnedTo pinned(bench::caller_cpu());
  const Logger log = target.pipeline.logger("orders");
  Figures figures =
      bench::measure_bursts(active_bursts, [&](std::uint64_t k, std::uint64_t i, double d) {
        log.info("Logging iteration: {}, message: {}, double: {}", k, i, d);
      });
  target.produced += static_cast<std::int64_t>(bench::calls_of(active_bursts));
  target.pipeline.flush(std::chrono::seconds{10});
  return figures;
}

int run_mode(const std::string& mode, const std::string& path) {
  try {
    if (mode == process_mode) return run_process(path);
    if (mode == memory_mode) return run_memory(path);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
  }
  return 1;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc == 3 && argv[1][0] == '-' && argv[2][0] == '/') return run_mode(argv[1], argv[2]);

  bench::Comparison first_events(usual_rounds);
  first_events.add({.name = "BM_Logger_Info/first_event/of_thread", .measure = measure_threads});
  first_events.add({.name = "BM_Logger_Info/first_event/of_process", .measure = measure_processes});
  first_events.add(
      {.name = "BM_Sink_Write/first_event/after_idleness", .measure = measure_after_idleness});
  first_events.register_all();

  bench::Comparison memory(3);
  memory.add({.name = "BM_Pipeline_Hold/memory/idle_threads:1000", .measure = measure_memory});
  memory.register_all();

  std::unique_ptr<Active> active;
  bench::Comparison active_thread(
      11, [&] { active = std::make_unique<Active>(); },
      [&] {
        bench::stop_and_check(active->alone.pipeline, active->alone.produced);
        bench::stop_and_check(active->crowded.pipeline, active->crowded.produced);
        active.reset();
      });
  const std::string alone = "BM_Logger_Info/memory/active_beside_idle:0";
  active_thread.add({.name = alone, .measure = [&] { return measure_active(active->alone); }});
  active_thread.add({.name = "BM_Logger_Info/memory/active_beside_idle:1000",
                     .measure = [&] { return measure_active(active->crowded); },
                     .baseline = alone,
                     .ratios = {"p50", "p99"}});
  active_thread.register_all();
  return bench::run_benchmarks(argc, argv);
}
