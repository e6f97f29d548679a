// SPDX-License-Identifier: Apache-2.0
// How many events a second get from the callers to the end: from the first call until all is
// written and everything has stopped. Nothing is dropped; every line is counted afterwards. Before
// each, a file of that size was there, see warm_up_files().
#include <string>

#include "peers/peer.hpp"
#include "support/files.hpp"
#include "support/pipelines.hpp"

namespace penstock::bench {
namespace {

constexpr std::uint64_t line_bytes = 160;  // about, and rather more

Figures rates(const Stopwatch::Spent& spent, std::uint64_t events, std::uint64_t bytes) {
  const auto count = static_cast<double>(events);
  return {{"ns_per_event", spent.wall_ns / count},
          {"events_per_second", count / spent.wall_ns * 1e9},
          {"bytes_per_second", static_cast<double>(bytes) / spent.wall_ns * 1e9},
          {"cpu_ns_per_event", spent.cpu_ns / count}};
}

Stopwatch::Spent deliver(Pipeline& pipeline, std::size_t threads, std::uint64_t events) {
  const Logger log = pipeline.logger("orders");
  const Stopwatch watch;
  log_from_threads(threads, events, [&](std::uint64_t k) {
    log.info("Logging iteration: {}, message: {}, double: {}", k, k + 1,
             1.1 * static_cast<double>(k));
  });
  stop_and_check(pipeline, static_cast<std::int64_t>(events));
  return watch.spent();
}

Figures measure_file(FormatType format, std::size_t threads, std::uint64_t events) {
  const std::string path = scratch_path("throughput");
  warm_up_files(events * line_bytes);
  Pipeline pipeline = start_pipeline({.sinks = {file_sink_to(path, format)}});
  const Stopwatch::Spent spent = deliver(pipeline, threads, events);
  return rates(spent, events, check_and_remove(path, events));
}

Figures measure_null(std::size_t threads, std::uint64_t events) {
  Pipeline pipeline = start_pipeline({.sinks = {null_sink_options()}});
  return rates(deliver(pipeline, threads, events), events, 0);
}

Figures measure_peer(const Peer& peer, std::size_t threads) {
  const std::string path = scratch_path("throughput");
  warm_up_files(peer.events * line_bytes);
  const Stopwatch::Spent spent = peer.deliver(path, threads, peer.events);
  return rates(spent, peer.events, check_and_remove(path, peer.events));
}

}  // namespace

void add_throughput_cases(Comparison& throughput) {
  for (const std::size_t threads : {std::size_t{1}, std::size_t{2}}) {
    const std::string end = "/threads:" + std::to_string(threads);
    const std::string baseline = "BM_Spdlog_Deliver/throughput/text" + end;
    const auto add = [&](const std::string& name, std::function<Figures()> measure) {
      throughput.add({.name = name + end,
                      .measure = std::move(measure),
                      .baseline = baseline,
                      .ratios = {"events_per_second", "cpu_ns_per_event"}});
    };
    for (const Peer& peer : all_peers()) {
      add("BM_" + peer.name + "_Deliver/throughput/text",
          [peer, threads] { return measure_peer(peer, threads); });
    }
    add("BM_Pipeline_Deliver/throughput/text",
        [threads] { return measure_file(FormatType::text, threads, 4'000'000); });
    add("BM_Pipeline_Deliver/throughput/json",
        [threads] { return measure_file(FormatType::json, threads, 3'000'000); });
    add("BM_Pipeline_Deliver/throughput/null",
        [threads] { return measure_null(threads, 8'000'000); });
  }
}

}  // namespace penstock::bench
