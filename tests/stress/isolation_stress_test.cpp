// SPDX-License-Identifier: Apache-2.0
// Four sinks: one hangs in write(), one fails every second time, one dawdles. The healthy one gets
// everything, memory stays within its bound, and stop() keeps its time with an exact report. What
// it costs is measured in bench/isolation_bench.cpp.
#include <atomic>
#include <memory>
#include <string>

#include "support/options.hpp"
#include "support/payload.hpp"
#include "support/pipeline_test.hpp"
#include "support/run.hpp"

namespace penstock::test {
namespace {

TEST(IsolationStress, TroublesOfThreeSinksAreNotTheFourths) {
  const std::uint64_t events = repeats(under_tsan ? 10'000 : 200'000);
  GateSink hanging;
  CheckingSink healthy;
  CheckingSink flapping([n = std::make_shared<int>(0)](const Batch&) {
    return ++*n % 2 == 0 ? WriteResult::ok() : WriteResult::retry("flapping", 1ms);
  });
  CheckingSink slow([](const Batch& batch) {
    for (std::size_t i = 0; i < batch.size(); ++i) std::this_thread::yield();
    return WriteResult::ok();
  });
  PipelineOptions options;
  options.own_events = false;
  options.sinks = {healthy.options("healthy"), hanging.options("hanging"),
                   flapping.options("flapping"), slow.options("slow")};
  std::uint64_t bound = 0;
  for (SinkOptions& sink : options.sinks) {
    sink.queue.max_bytes = 256 * KiB;
    sink.when_full = sink.name == "healthy" ? WhenFull::block : WhenFull::drop_newest;
    sink.block_timeout = forever;
    bound += sink.queue.max_bytes;
  }
  options.sinks[3].when_full = WhenFull::drop_oldest;
  Pipeline pipeline = Pipeline::start(std::move(options)).value();
  const Logger log = pipeline.logger("isolation");
  {
    Threads threads;
    threads.start(2, [&](std::size_t producer) {
      for (std::uint64_t sequence = 1; sequence <= events; ++sequence) {
        log_payload(log, producer, sequence, "filler");
      }
    });
  }
  EXPECT_TRUE(adds_up(pipeline.stats()));
  EXPECT_LE(pipeline.stats().memory_bytes, static_cast<std::int64_t>(bound + bound / 10));
  const auto begin = Clock::now();
  const StopReport report = pipeline.stop(2s);
  EXPECT_LT(Clock::now() - begin, 2500ms);
  EXPECT_FALSE(report.complete) << "one hangs";
  EXPECT_TRUE(adds_up(report.stats));
  EXPECT_EQ(report.stats.sink("healthy")->delivered, static_cast<std::int64_t>(2 * events));
  EXPECT_GT(report.stats.sink("hanging")->in_flight, 0);
  for (const CheckingSink* sink : {&healthy, &flapping, &slow}) {
    EXPECT_EQ(sink->findings().flaw, "");
  }
  EXPECT_EQ(static_cast<std::int64_t>(flapping.findings().events),
            report.stats.sink("flapping")->delivered);
}

}  // namespace
}  // namespace penstock::test
