// SPDX-License-Identifier: Apache-2.0
// Pipelines that start and stop, threads that come and go, levels and destinations that change, all
// at once.
#include <vector>

#include "support/options.hpp"
#include "support/payload.hpp"
#include "support/pipeline_test.hpp"
#include "support/run.hpp"

namespace penstock::test {
namespace {

class ChurnStress : public PipelineTest {};

TEST_F(ChurnStress, PipelinesStopWhileThreadsLogAndNoCallIsLost) {
  const std::uint64_t rounds = repeats(under_tsan ? 20 : 60);
  for (std::uint64_t round = 0; round < rounds; ++round) {
    auto random = random_stream(round);
    CheckingSink checking;
    PipelineOptions options;
    options.own_events = false;
    options.sinks = {
        tiny(checking.options("a"), random() % 2 == 0 ? WhenFull::drop_oldest : WhenFull::block)};
    std::atomic<std::int64_t> calls{0};
    Pipeline pipeline = Pipeline::start(std::move(options)).value();
    const Logger log = pipeline.logger("churn");
    std::atomic<bool> done{false};
    Threads threads;
    threads.start(3, [&](std::size_t producer) {
      for (std::uint64_t sequence = 1; !done; ++sequence) {
        log_payload(log, producer, sequence, "filler");
        ++calls;
      }
    });
    const auto enough = static_cast<std::int64_t>(random() % 3'000);
    EXPECT_TRUE(eventually([&] { return calls >= enough; }));
    const StopReport report = pipeline.stop(patience);
    EXPECT_TRUE(adds_up(report.stats));
    done = true;
    threads.join();
    const PipelineStats stats = pipeline.stats();
    EXPECT_TRUE(adds_up(stats));
    EXPECT_EQ(stats.accepted + stats.refused_after_stop, calls);
    const Findings found = checking.findings();
    EXPECT_EQ(found.flaw, "");
    EXPECT_EQ(found.events, static_cast<std::uint64_t>(stats.sinks[0].delivered));
  }
}

TEST_F(ChurnStress, ThreadsThatComeAndGoLoseNothing) {
  CheckingSink checking;
  Pipeline& pipeline = start({tiny(checking.options("a"))});
  const Logger log = pipeline.logger("churn");
  const std::uint64_t lives = repeats(under_tsan ? 100 : 400);
  Threads threads;
  threads.start(4, [&](std::size_t lane) {
    std::uint64_t sequence = 0;
    for (std::uint64_t life = 0; life < lives; ++life) {
      std::thread([&] {
        for (std::uint64_t n = life % 7; n > 0; --n) log_payload(log, lane, ++sequence, "x");
      }).join();
    }
  });
  threads.join();
  EXPECT_TRUE(pipeline.flush(patience));
  const Findings found = checking.findings();
  EXPECT_EQ(found.flaw, "");
  const SinkStats stats = stats_of(pipeline, "a");
  EXPECT_EQ(found.events, static_cast<std::uint64_t>(stats.delivered));
  EXPECT_EQ(stats.delivered, pipeline.stats().accepted);
}

// Silence and bursts: streams go cold and come back, again and again.
TEST_F(ChurnStress, StreamsThatGoColdAndComeBackLoseNothing) {
  CheckingSink quick;
  CheckingSink slow;
  SinkOptions lingering = tiny(slow.options("slow"));
  lingering.batch.linger = 2ms;
  Pipeline& pipeline = start({tiny(quick.options("quick")), lingering});
  const Logger log = pipeline.logger("churn");
  const std::uint64_t rounds = repeats(under_tsan ? 100 : 400);
  Threads threads;
  threads.start(6, [&](std::size_t producer) {
    auto random = random_stream(producer);
    std::uint64_t sequence = 0;
    for (std::uint64_t round = 0; round < rounds; ++round) {
      for (std::uint64_t n = random() % 4; n > 0; --n) log_payload(log, producer, ++sequence, "x");
      // Long enough for workers to fall asleep, now and then.
      for (std::uint64_t n = random() % 60; n > 0; --n) std::this_thread::yield();
    }
  });
  threads.join();
  ASSERT_TRUE(pipeline.flush(patience));
  for (const CheckingSink* sink : {&quick, &slow}) {
    const Findings found = sink->findings();
    EXPECT_EQ(found.flaw, "");
    EXPECT_EQ(found.events, static_cast<std::uint64_t>(pipeline.stats().accepted));
  }
}

// Without flush: every event must reach its sink by the worker's own doing.
TEST_F(ChurnStress, NoWakeUpIsEverMissed) {
  CountingSink sink;
  Pipeline& pipeline = start({sink.options("a")});
  const std::uint64_t rounds = repeats(under_tsan ? 300 : 2'000);
  std::atomic<std::uint64_t> logged{0};
  Threads threads;
  threads.start(2, [&](std::size_t) {
    const Logger log = pipeline.logger("x");
    for (std::uint64_t round = 0; round < rounds; ++round) {
      log.info("{}", round);
      const std::uint64_t mine = ++logged;
      ASSERT_TRUE(eventually([&] { return sink.count() >= mine; })) << "event " << mine;
    }
  });
  threads.join();
  EXPECT_TRUE(eventually([&] { return sink.count() == 2 * rounds; }));
}

TEST_F(ChurnStress, EverythingAtOnce) {
  CountingSink all;
  CountingSink some;
  PipelineOptions options;
  options.own_events = false;
  options.sinks = {tiny(all.options("all"), WhenFull::drop_newest), tiny(some.options("some"))};
  TriggerOptions trigger;
  trigger.tag = "t";
  trigger.action = "route_to_sink";
  trigger.details.destination = "some";
  options.triggers = {trigger};
  Pipeline& pipeline = start(std::move(options));
  std::atomic<bool> done{false};
  Threads threads;
  threads.start(3, [&](std::size_t i) {
    auto random = random_stream(i);
    const std::string text(40'000, 'x');
    while (!done) {
      const Logger log = pipeline.logger(numbered("l", random() % 50));
      switch (random() % 6) {
        // clang 14 destroys the temporaries of a call with a consteval argument at the end of the
        // enclosing block: without braces, the other cases would do so as well.
        case 0: {
          log.with(field("i", i)).info("{}", std::string_view(text).substr(0, random() % 200));
          break;
        }
        case 1: {
          log.tag("t").to({"all", "nowhere"}).warning("{}", i);
          break;
        }
        case 2:
          (void)pipeline.submit({.level = Level::error, .message = "m", .logger = "deep.l"});
          break;
        case 3:
          std::thread([&] { log.error("short life {}", i); }).join();
          break;
        case 4:
          log.info("{}", text);
          break;
        default:
          log.debug("{} {}", i, 1.5);
          break;
      }
    }
  });
  auto random = random_stream(99);
  for (std::uint64_t i = 0; i < repeats(under_tsan ? 60 : 200); ++i) {
    switch (random() % 4) {
      case 0:
        pipeline.set_level(numbered("l", random() % 50),
                           static_cast<Level>(random() % level_count));
        break;
      case 1:
        pipeline.control(SinkControl::reopen);
        break;
      case 2:
        EXPECT_TRUE(pipeline.flush(patience));
        break;
      default:
        EXPECT_TRUE(adds_up(pipeline.stats()));
        break;
    }
  }
  done = true;
  threads.join();
  EXPECT_TRUE(pipeline.stop(patience).complete);
}

}  // namespace
}  // namespace penstock::test
