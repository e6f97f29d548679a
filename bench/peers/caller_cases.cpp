// SPDX-License-Identifier: Apache-2.0
// What does a call cost the caller, Penstock beside its peers? The method is caller_bench.cpp's.
#include <chrono>
#include <memory>
#include <string>

#include <benchmark/benchmark.h>

#include "peers/peer.hpp"
#include "support/files.hpp"
#include "support/latency.hpp"
#include "support/pipelines.hpp"

namespace penstock::bench {
namespace {

constexpr std::size_t bursts_per_round = 1000;

Figures measure_floor() {
  const PinnedTo pinned(caller_cpu());
  return measure_bursts(bursts_per_round, [](std::uint64_t, std::uint64_t, double) {
    benchmark::DoNotOptimize(detail::ticks());
  });
}

Figures measure_penstock() {
  const std::string path = scratch_path("caller");
  Pipeline pipeline = start_pipeline({.sinks = {pinned_file_sink("file", path)}});
  const Logger log = pipeline.logger("orders");
  Figures figures;
  {
    const PinnedTo pinned(caller_cpu());
    figures = measure_bursts(bursts_per_round, [&](std::uint64_t k, std::uint64_t i, double d) {
      log.info("Logging iteration: {}, message: {}, double: {}", k, i, d);
    });
  }
  stop_and_check(pipeline, static_cast<std::int64_t>(calls_of(bursts_per_round)));
  check_and_remove(path, calls_of(bursts_per_round));
  return figures;
}

Figures measure_peer(const Peer& peer) {
  const std::string path = scratch_path("caller");
  std::unique_ptr<PeerCaller> caller;
  {
    const PinnedTo pinned(worker_cpu());
    caller = peer.caller(path);
  }
  Figures figures;
  {
    const PinnedTo pinned(caller_cpu());
    figures = caller->measure(bursts_per_round);
  }
  caller.reset();
  check_and_remove(path, calls_of(bursts_per_round));
  return figures;
}

}  // namespace

void add_caller_cases(Comparison& callers) {
  const std::string floor = "BM_Ticks_Read/caller_peers";
  callers.add({.name = floor, .measure = measure_floor});
  callers.add({.name = "BM_Logger_Info/caller_peers",
               .measure = measure_penstock,
               .baseline = floor,
               .ratios = {"p50", "p90", "p99", "p999"}});
  for (const Peer& peer : all_peers()) {
    callers.add({.name = "BM_" + peer.name + "_Info/caller_peers",
                 .measure = [peer] { return measure_peer(peer); },
                 .baseline = floor,
                 .ratios = {"p50", "p90", "p99", "p999"}});
  }
}

}  // namespace penstock::bench
