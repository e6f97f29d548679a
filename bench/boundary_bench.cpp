// SPDX-License-Identifier: Apache-2.0
// What does an event cost on its way across the boundary to a plugin? write() of a batch of 512
// events by a sink of a loaded plugin, against that of the same sink here: null, and one that reads
// every event. And the whole way, from a call to the account.
#include <cstdint>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <penstock/penstock.hpp>
#include <penstock/testing.hpp>

#include "plugin/catalog.hpp"
#include "plugin/plugin_sink.hpp"
#include "plugin/shared_plugin.hpp"
#include "plugins/measured_sink.hpp"
#include "support/comparison.hpp"
#include "support/cpu.hpp"
#include "support/pipelines.hpp"

namespace {

using namespace penstock;
using bench::Figures;

constexpr int usual_rounds = 25;
constexpr std::size_t batch_events = 512;
constexpr int writes = 20'000;
constexpr std::uint64_t pipeline_events = 4'000'000;

// Loaded once; the folder of the build is trusted as it is.
std::shared_ptr<plugin::SharedPlugin> loaded() {
  static const std::shared_ptr<plugin::SharedPlugin> shared = [] {
    auto file = plugin::PluginFile::open(PENSTOCK_BENCH_PLUGINS "/measured.penstock.so",
                                         {.base = PENSTOCK_BENCH_PLUGINS});
    if (!file) throw std::runtime_error(to_string(file.refusal()));
    auto read = plugin::read_plugin(*std::move(file));
    if (!read) throw std::runtime_error(to_string(read.refusal()));
    return std::make_shared<plugin::SharedPlugin>(*std::move(read), PENSTOCK_PLUGIN_HOST_PROGRAM);
  }();
  return shared;
}

SinkFactory from_plugin(bool reads) {
  auto provider = std::make_shared<plugin::PluginSinkProvider>(
      loaded(), "measured", plugin::Value::Object{{"reads", plugin::Value(reads)}});
  return [provider] {
    return std::make_unique<plugin::PluginSink>(provider, std::chrono::seconds{30});
  };
}

SinkFactory from_here(bool reads) {
  if (!reads) return null_sink();
  return [] { return std::make_unique<bench::MeasuredSink>(true); };
}

class Context final : public SinkContext {
 public:
  std::string_view sink_name() const noexcept override { return "measured"; }
  std::uint32_t max_in_flight() const noexcept override { return 1; }
  std::int64_t now_ns() const noexcept override { return 0; }
  void settle(std::uint64_t, WriteResult) override {}
  void report(std::string_view) override {}
};

const penstock::testing::OwnedBatch& batch() {
  static const penstock::testing::OwnedBatch made = [] {
    std::vector<penstock::testing::OwnedEvent> events(batch_events);
    for (auto& event : events) {
      event.level = Level::info;
      event.logger = "orders.book";
      event.message = "order 4711 filled at 12.5";
      event.fields = {{"venue", std::string("XETRA")}, {"ms", 12.5}};
    }
    return penstock::testing::OwnedBatch(std::move(events));
  }();
  return made;
}

double ns_per_event(Sink& sink) {
  const Batch view = batch().view();
  const bench::Stopwatch watch;
  for (int i = 0; i < writes; ++i) {
    if (sink.write(view).kind() != WriteResult::Kind::ok) throw std::runtime_error("not taken");
  }
  return watch.spent().wall_ns / writes / batch_events;
}

// Both in turns, so that noise meets them alike.
Figures measure_writes(bool reads) {
  Context context;
  const std::unique_ptr<Sink> here = from_here(reads)();
  const std::unique_ptr<Sink> there = from_plugin(reads)();
  for (Sink* const sink : {here.get(), there.get()}) {
    if (!sink->open(context).ok()) throw std::runtime_error("not opened");
  }
  const double built_in = ns_per_event(*here);
  const double plugin = ns_per_event(*there);
  there->close();
  here->close();
  return {{"ns_per_event", plugin},
          {"built_in_ns_per_event", built_in},
          {"more_ns_per_event", plugin - built_in}};
}

Figures measure_pipeline(const SinkFactory& make) {
  SinkOptions sink = bench::null_sink_options();
  sink.make = make;
  sink.batch.max_events = batch_events;
  Pipeline pipeline = bench::start_pipeline({.sinks = {sink}});
  const Logger log = pipeline.logger("orders");
  const bench::Stopwatch watch;
  for (std::uint64_t k = 0; k < pipeline_events; ++k) {
    log.info("Logging iteration: {}, message: {}", k, k + 1);
  }
  bench::stop_and_check(pipeline, static_cast<std::int64_t>(pipeline_events));
  const auto spent = watch.spent();
  const auto count = static_cast<double>(pipeline_events);
  return {{"ns_per_event", spent.wall_ns / count}, {"cpu_ns_per_event", spent.cpu_ns / count}};
}

}  // namespace

int main(int argc, char** argv) {
  bench::Comparison comparison(usual_rounds);
  comparison.add({.name = "BM_Boundary_Write/boundary/null/events:512",
                  .measure = [] { return measure_writes(false); }});
  comparison.add({.name = "BM_Boundary_Write/boundary/reading/events:512",
                  .measure = [] { return measure_writes(true); }});
  const std::vector<std::string> ratios = {"ns_per_event", "cpu_ns_per_event"};
  const std::string floor = "BM_Boundary_Deliver/boundary/built_in";
  comparison.add({.name = floor, .measure = [] { return measure_pipeline(from_here(false)); }});
  comparison.add({.name = "BM_Boundary_Deliver/boundary/plugin",
                  .measure = [] { return measure_pipeline(from_plugin(false)); },
                  .baseline = floor,
                  .ratios = ratios});
  comparison.register_all();
  return bench::run_benchmarks(argc, argv);
}
