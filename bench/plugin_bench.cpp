// SPDX-License-Identifier: Apache-2.0
// What does a process of its own cost a plugin? The same shared object, which looks at each event
// once, in this process and in another; with decoded events of 100 bytes, and with the encoded
// text.
#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <sys/resource.h>
#include <utility>

#include <penstock/penstock.hpp>

#include "isolation/isolated_sink.hpp"
#include "plugin/json.hpp"
#include "plugin/probe.hpp"
#include "support/comparison.hpp"
#include "support/cpu.hpp"
#include "support/pipelines.hpp"

namespace {

using namespace penstock;
using bench::Figures;

constexpr int usual_rounds = 15;
constexpr std::uint64_t events = 2'000'000;
constexpr auto call_timeout = std::chrono::seconds{30};

std::shared_ptr<plugin::SharedPlugin> swallow() {
  auto file = plugin::PluginFile::open(PENSTOCK_BENCH_PLUGINS "/swallow.penstock.so",
                                       {.user = std::nullopt});
  if (!file) throw std::runtime_error(to_string(file.refusal()));
  auto read = plugin::read_plugin(*std::move(file));
  if (!read) throw std::runtime_error(to_string(read.refusal()));
  return std::make_shared<plugin::SharedPlugin>(*std::move(read), PENSTOCK_PLUGIN_HOST_PROGRAM);
}

SinkOptions here(const std::string& options) {
  SinkOptions sink = bench::base_sink("measured", FormatType::text);
  const auto provider = std::make_shared<plugin::PluginSinkProvider>(swallow(), "swallow",
                                                                     *plugin::parse_json(options));
  sink.make = [provider] { return std::make_unique<plugin::PluginSink>(provider, call_timeout); };
  return sink;
}

SinkOptions apart(const std::string& options) {
  SinkOptions sink = bench::base_sink("measured", FormatType::text);
  const auto isolation = std::make_shared<const isolation::Isolation>(
      isolation::Isolation{.plugin = swallow(),
                           .host_program = PENSTOCK_PLUGIN_HOST_PROGRAM,
                           .component = "swallow",
                           .sink = "measured",
                           .options = *plugin::parse_json(options)});
  sink.make = [isolation] {
    return std::make_unique<isolation::IsolatedSink>(isolation, call_timeout);
  };
  return sink;
}

// Of processes that have ended and were waited for.
double cpu_of_children_ns() {
  rusage used{};
  ::getrusage(RUSAGE_CHILDREN, &used);
  const auto ns = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) * 1e9 + static_cast<double>(time.tv_usec) * 1e3;
  };
  return ns(used.ru_utime) + ns(used.ru_stime);
}

Figures measure(SinkOptions sink) {
  const std::string text(100, 'x');
  PipelineOptions options;
  options.sinks = {std::move(sink)};
  options.own_events = false;
  const double before_ns = cpu_of_children_ns();
  Pipeline pipeline = bench::start_pipeline(std::move(options));
  const Logger log = pipeline.logger("orders");
  const bench::Stopwatch watch;
  for (std::uint64_t k = 0; k < events; ++k) log.info("{}", text);
  bench::stop_and_check(pipeline, static_cast<std::int64_t>(events));
  const auto spent = watch.spent();
  const auto count = static_cast<double>(events);
  return {{"ns_per_event", spent.wall_ns / count},
          {"events_per_second", count / spent.wall_ns * 1e9},
          {"cpu_ns_per_event", spent.cpu_ns / count},
          {"child_cpu_ns_per_event", (cpu_of_children_ns() - before_ns) / count}};
}

}  // namespace

int main(int argc, char** argv) {
  bench::Comparison plugins(usual_rounds);
  for (const auto& [form, options] :
       {std::pair{"events", "{\"encoded\": false}"}, std::pair{"encoded", "{\"encoded\": true}"}}) {
    const std::string floor = std::string("BM_Plugin_Here/plugin/") + form;
    plugins.add({.name = floor, .measure = [options] { return measure(here(options)); }});
    plugins.add({.name = std::string("BM_Plugin_Apart/plugin/") + form,
                 .measure = [options] { return measure(apart(options)); },
                 .baseline = floor,
                 .ratios = {"ns_per_event", "cpu_ns_per_event"}});
  }
  plugins.register_all();
  return bench::run_benchmarks(argc, argv);
}
