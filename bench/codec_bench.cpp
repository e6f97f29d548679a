// SPDX-License-Identifier: Apache-2.0
// What does one event cost once it has left the caller? The encoders alone; a call below the level;
// and all that a sink's worker does, in CPU time.
#include <array>
#include <cstdint>
#include <cstring>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <benchmark/benchmark.h>

#include <penstock/penstock.hpp>

#include "base/buffer.hpp"
#include "event/encoder.hpp"
#include "event/plan.hpp"
#include "support/comparison.hpp"
#include "support/files.hpp"
#include "support/pipelines.hpp"

namespace {

using namespace penstock;
using bench::Figures;

constexpr std::size_t event_count = 1024;
constexpr std::size_t line_bytes_kept = 256 * 1024;
constexpr std::uint64_t delivered_events = 2'000'000;
constexpr int usual_rounds = 5;

// Events as a worker sees them: two integers and a double, one microsecond apart.
class Events {
 public:
  Events() {
    static constinit detail::CallSite site{};
    static constexpr std::string_view format = "Logging iteration: {}, message: {}, double: {}";
    detail::register_call_site(site, format.data(), static_cast<std::uint32_t>(format.size()),
                               {__FILE__, __func__, __LINE__},
                               {detail::ArgSpecs<std::uint64_t, std::uint64_t, double>::table, 3});
    for (std::size_t k = 0; k < event_count; ++k) {
      const std::uint64_t integers[] = {1'000'000 + k, k};
      const double number = 1.1 * static_cast<double>(1'000'000 + k);
      std::memcpy(args_[k].data(), integers, sizeof integers);
      std::memcpy(args_[k].data() + sizeof integers, &number, sizeof number);
      parts_[k].time_ns = 1'700'000'000'123'456'789 + static_cast<std::int64_t>(k) * 1000;
      parts_[k].logger = "orders";
      parts_[k].logger_id = 1;
      parts_[k].thread_id = 12345;
      parts_[k].thread_name = "bench";
      parts_[k].plan = &event::plan_of(site);
      parts_[k].args = args_[k].data();
    }
  }
  Events(const Events&) = delete;
  Events& operator=(const Events&) = delete;
  const event::EventParts& operator[](std::size_t k) const { return parts_[k % event_count]; }

 private:
  std::array<std::array<std::byte, 24>, event_count> args_{};
  std::array<event::EventParts, event_count> parts_{};
};

void encode(benchmark::State& state, const FormatOptions& format) {
  const auto events = std::make_unique<Events>();
  const auto encoder = event::make_encoder(format);
  base::Buffer out;
  std::size_t k = 0;
  std::size_t bytes = 0;
  for (auto _ : state) {
    const std::size_t before = out.size();
    encoder->encode((*events)[k++], out);
    bytes += out.size() - before;
    if (out.size() > line_bytes_kept) out.clear();
  }
  benchmark::DoNotOptimize(out.data());
  state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations()));
  state.SetBytesProcessed(static_cast<std::int64_t>(bytes));
}

// How long does one line take: time, thread, level, logger, file:line, message?
void BM_TextEncoder_Encode(benchmark::State& state) {
  encode(state, {.type = FormatType::text, .pattern = bench::text_pattern});
}

// The same as a JSON object; here the function is shown as well.
void BM_JsonEncoder_Encode(benchmark::State& state) {
  encode(state, {.type = FormatType::json, .pattern = {}});
}

void BM_LogfmtEncoder_Encode(benchmark::State& state) {
  encode(state, {.type = FormatType::logfmt, .pattern = {}});
}

// What does a call cost that is not wanted?
void BM_Logger_BelowLevel(benchmark::State& state) {
  Pipeline pipeline = bench::start_pipeline({.sinks = {bench::null_sink_options()}});
  const Logger log = pipeline.logger("orders");
  std::uint64_t k = 0;
  for (auto _ : state) {
    log.debug("Logging iteration: {}, message: {}, double: {}", k, k + 1, 1.5);
    benchmark::DoNotOptimize(++k);
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations()));
  bench::stop_and_check(pipeline, 0);
}

// CPU time of the sink's worker: all that the process used, without the thread that logs.
Figures measure_worker(const std::function<SinkOptions()>& sink) {
  Pipeline pipeline = bench::start_pipeline({.sinks = {sink()}});
  const Logger log = pipeline.logger("orders");
  const double process_before = bench::cpu_time_ns(CLOCK_PROCESS_CPUTIME_ID);
  const double caller_before = bench::cpu_time_ns(CLOCK_THREAD_CPUTIME_ID);
  for (std::uint64_t k = 0; k < delivered_events; ++k) {
    log.info("Logging iteration: {}, message: {}, double: {}", k, k + 1,
             1.1 * static_cast<double>(k));
  }
  pipeline.flush(std::chrono::seconds{60});
  const double caller = bench::cpu_time_ns(CLOCK_THREAD_CPUTIME_ID) - caller_before;
  const double process = bench::cpu_time_ns(CLOCK_PROCESS_CPUTIME_ID) - process_before;
  bench::stop_and_check(pipeline, static_cast<std::int64_t>(delivered_events));

  const auto events = static_cast<double>(delivered_events);
  return {{"worker_cpu_ns", (process - caller) / events}, {"caller_cpu_ns", caller / events}};
}

Figures measure_file_worker(FormatType format) {
  const std::string path = bench::scratch_path("codec");
  Figures figures = measure_worker([&] { return bench::file_sink_to(path, format); });
  bench::check_and_remove(path, delivered_events);
  return figures;
}

}  // namespace

int main(int argc, char** argv) {
  benchmark::RegisterBenchmark("BM_TextEncoder_Encode/codec", BM_TextEncoder_Encode);
  benchmark::RegisterBenchmark("BM_JsonEncoder_Encode/codec", BM_JsonEncoder_Encode);
  benchmark::RegisterBenchmark("BM_LogfmtEncoder_Encode/codec", BM_LogfmtEncoder_Encode);
  benchmark::RegisterBenchmark("BM_Logger_BelowLevel/codec", BM_Logger_BelowLevel);

  bench::Comparison workers(usual_rounds);
  workers.add({.name = "BM_Worker_Deliver/codec/text",
               .measure = [] { return measure_file_worker(FormatType::text); }});
  workers.add({.name = "BM_Worker_Deliver/codec/json",
               .measure = [] { return measure_file_worker(FormatType::json); }});
  workers.add({.name = "BM_Worker_Deliver/codec/null",
               .measure = [] { return measure_worker(&bench::null_sink_options); }});
  workers.register_all();
  return bench::run_benchmarks(argc, argv);
}
