// SPDX-License-Identifier: Apache-2.0
// Threads that end, thousands of short ones, and a thousand that do nothing.
#include <filesystem>
#include <fstream>
#include <string>
#include <sys/syscall.h>
#include <unistd.h>

#include "support/options.hpp"
#include "support/payload.hpp"
#include "support/pipeline_test.hpp"
#include "support/run.hpp"
#include "support/sinks.hpp"

namespace penstock::test {
namespace {

constexpr auto mib = static_cast<std::int64_t>(MiB);

class ThreadsLifeTest : public PipelineTest {};

TEST_F(ThreadsLifeTest, TheEndOfAThreadGivesItsEventsToTheSinks) {
  MemorySink seen;
  Pipeline& pipeline = start({seen.options("memory")});
  std::thread([&] {
    for (int i = 0; i < 3; ++i) pipeline.logger("x").info("{}", i);
  }).join();
  EXPECT_TRUE(seen.wait_for(3, patience));
}

TEST_F(ThreadsLifeTest, FiveThousandShortThreadsLoseNothingAndTheirPlacesAreUsedAgain) {
  CheckingSink checking;
  MemorySink first;
  Pipeline& pipeline = start({tiny(checking.options("checking")), tiny(first.options("first"))});
  const Logger log = pipeline.logger("short");
  const std::uint64_t count = repeats(5'000) / (under_tsan ? 5 : 1);
  for (std::uint64_t i = 0; i < count; ++i) {
    std::thread([&] {
      for (std::uint64_t n = 1; n <= 3; ++n) log_payload(log, i, n, "short");
    }).join();
  }
  ASSERT_TRUE(pipeline.flush(patience));
  const Findings found = checking.findings();
  EXPECT_EQ(found.flaw, "");
  EXPECT_EQ(found.events, 3 * count);
  EXPECT_LT(pipeline.stats().memory_bytes, 1 * mib);
  std::uint64_t highest = 0;
  for (const OwnedEvent& event : first.events()) highest = std::max(highest, event.producer);
  EXPECT_LT(highest, 16u) << "producers of threads that have ended are used again";
}

TEST_F(ThreadsLifeTest, ManyShortThreadsAtOnceLoseNothing) {
  CheckingSink checking;
  Pipeline& pipeline = start({tiny(checking.options("checking"))});
  const Logger log = pipeline.logger("short");
  constexpr std::uint64_t at_once = 32;
  const std::uint64_t waves = repeats(10);
  for (std::uint64_t wave = 0; wave < waves; ++wave) {
    Threads threads;
    threads.start(at_once, [&](std::size_t i) {
      for (std::uint64_t n = 1; n <= 3; ++n) log_payload(log, wave * at_once + i, n, "short");
    });
  }
  ASSERT_TRUE(pipeline.flush(patience));
  EXPECT_EQ(checking.findings().flaw, "");
  EXPECT_EQ(checking.findings().events, 3 * at_once * waves);
}

TEST_F(ThreadsLifeTest, AThousandIdleThreadsTakeLittleMemoryAndDoNotFillTheQueue) {
  CountingSink counting;
  SinkOptions sink = tiny(counting.options("counting"));
  sink.queue.max_bytes = 1 * MiB;
  Pipeline& pipeline = start({sink});
  const std::int64_t empty = pipeline.stats().memory_bytes;
  const std::size_t count = under_tsan ? 200 : 1'000;
  Signal done;
  std::atomic<std::size_t> logged{0};
  Threads threads;
  threads.start(count, [&](std::size_t i) {
    pipeline.logger("x").info("{}", i);
    ++logged;
    ASSERT_TRUE(done.wait(4 * patience));
  });
  EXPECT_TRUE(eventually([&] { return logged == count; }));
  EXPECT_TRUE(pipeline.flush(patience));
  EXPECT_LE(pipeline.stats().memory_bytes - empty, 16 * mib);
  // Their open blocks take no room from those who have something to say.
  EXPECT_TRUE(eventually([&] { return stats_of(pipeline, "counting").queue_bytes <= mib / 4; }));
  for (int i = 0; i < 10'000; ++i) pipeline.logger("x").info("{}", i);
  EXPECT_TRUE(pipeline.flush(patience));
  EXPECT_EQ(counting.count(), count + 10'000);
  done.set();
}

// ---- thread_local objects -----------------------------------------------------------------------

struct LogsAtThreadExit {
  Logger log{};
  int events = 0;
  ~LogsAtThreadExit() {
    for (int i = 0; i < events; ++i) log.info("from a thread_local destructor {}", i);
  }
};

TEST_F(ThreadsLifeTest, ThreadLocalDestructorsMayLog) {
  MemorySink seen;
  Pipeline& pipeline = start({seen.options("memory")});
  for (int i = 0; i < 20; ++i) {
    std::thread([&] {
      // Made before the thread's first call: it goes after what the library keeps for the thread.
      static thread_local LogsAtThreadExit early;
      early.log = pipeline.logger("early");
      early.events = 3;
      pipeline.logger("x").info("from the thread");
      static thread_local LogsAtThreadExit late;
      late.log = pipeline.logger("late");
      late.events = 2;
    }).join();
  }
  ASSERT_TRUE(pipeline.flush(patience));
  EXPECT_EQ(seen.size(), 20u * 6);
}

TEST_F(ThreadsLifeTest, ThreadsThatLogWhileTheyEndTakeNoMemoryForEver) {
  CountingSink counting;
  Pipeline& pipeline = start({tiny(counting.options("counting"))});
  const int count = under_tsan ? 200 : 2'000;
  for (int i = 0; i < count; ++i) {
    std::thread([&] {
      static thread_local LogsAtThreadExit early;
      early.log = pipeline.logger("early");
      early.events = 1;
      pipeline.logger("x").info("from the thread");
    }).join();
  }
  ASSERT_TRUE(pipeline.flush(patience));
  EXPECT_EQ(counting.count(), 2u * static_cast<std::uint64_t>(count));
  EXPECT_LT(pipeline.stats().memory_bytes, 1 * mib);
}

TEST_F(ThreadsLifeTest, AThreadMayOutliveManyPipelines) {
  Signal begin[20];
  Logger logs[20];
  std::atomic<int> served{0};
  Threads threads;
  threads.start([&] {
    for (int i = 0; i < 20; ++i) {
      ASSERT_TRUE(begin[i].wait());
      for (int n = 0; n < 10; ++n) logs[i].info("{}", n);
      ++served;
    }
  });
  for (int i = 0; i < 20; ++i) {
    CountingSink counting;
    PipelineOptions options;
    options.sinks = {counting.options("counting")};
    Pipeline pipeline = Pipeline::start(std::move(options)).value();
    logs[i] = pipeline.logger("x");
    begin[i].set();
    EXPECT_TRUE(eventually([&] { return served == i + 1; }));
    EXPECT_TRUE(pipeline.stop(patience).complete);
    EXPECT_EQ(counting.count(), 10u);
  }
}

// ---- idleness -----------------------------------------------------------------------------------

// Voluntary context switches of this process's workers, together.
std::int64_t switches_of_workers() {
  std::int64_t sum = 0;
  std::error_code error;
  for (const auto& task : std::filesystem::directory_iterator("/proc/self/task", error)) {
    std::ifstream status(task.path() / "status");
    std::string line;
    bool worker = false;
    while (std::getline(status, line)) {
      if (line.starts_with("Name:")) worker = line.find("ps:") != std::string::npos;
      if (worker && line.starts_with("voluntary_ctxt_switches:")) {
        sum += std::stoll(line.substr(line.find_last_of(" \t") + 1));
      }
    }
  }
  return sum;
}

TEST_F(ThreadsLifeTest, AnIdlePipelineDoesNotWakeUp) {
  SinkOptions lingering = CountingSink().options("b");
  lingering.batch.linger = 5ms;
  Pipeline& pipeline = start({CountingSink().options("a"), lingering, CountingSink().options("c")});
  // Threads that have logged and live on, and one that has ended.
  Signal done;
  std::atomic<int> logged{0};
  Threads threads;
  threads.start(4, [&](std::size_t i) {
    pipeline.logger("x").info("{}", i);
    ++logged;
    ASSERT_TRUE(done.wait());
  });
  std::thread([&] { pipeline.logger("x").info("gone"); }).join();
  ASSERT_TRUE(eventually([&] { return logged == 4; }));
  ASSERT_TRUE(pipeline.flush(patience));
  // They fall asleep within milliseconds; whoever still naps after this is awake for ever.
  Signal never;
  EXPECT_FALSE(never.wait(300ms));
  const std::int64_t before = switches_of_workers();
  EXPECT_GT(before, 0);
  EXPECT_FALSE(never.wait(1s));
  EXPECT_EQ(switches_of_workers(), before);
  done.set();
}

TEST_F(ThreadsLifeTest, TheFirstEventAfterIdlenessArrivesAtOnce) {
  CountingSink counting;
  Pipeline& pipeline = start({counting.options("a")});
  const Logger log = pipeline.logger("x");
  log.info("warm");
  Signal never;
  auto best = std::chrono::nanoseconds::max();
  for (std::uint64_t i = 1; i <= 20; ++i) {
    EXPECT_FALSE(never.wait(5ms));  // the worker sleeps by now
    const auto before = Clock::now();
    log.info("{}", i);
    ASSERT_TRUE(eventually([&] { return counting.count() == i + 1; }));
    best = std::min<std::chrono::nanoseconds>(best, Clock::now() - before);
  }
  EXPECT_LT(best, 50ms);
}

TEST_F(ThreadsLifeTest, AnIdlePipelineSleepsAlsoAfterARetryAndAfterADrop) {
  FaultySink faulty({{.kind = Answer::Kind::retry}});
  GateSink gate;
  Pipeline& pipeline =
      start({faulty.options("faulty"), tiny(gate.options("gate"), WhenFull::drop_newest)});
  for (int i = 0; i < 5'000; ++i) pipeline.logger("x").info("{}", i);
  gate.open();
  ASSERT_TRUE(pipeline.flush(patience));
  Signal never;
  EXPECT_FALSE(never.wait(300ms));
  const std::int64_t before = switches_of_workers();
  EXPECT_FALSE(never.wait(500ms));
  EXPECT_EQ(switches_of_workers(), before);
}

}  // namespace
}  // namespace penstock::test
