// SPDX-License-Identifier: Apache-2.0
// fork() while eight threads log: the child never hangs and never repeats the parent's events, its
// calls on the parent's loggers are counted no-ops, and it can have a pipeline of its own.
#include <array>

#include "support/options.hpp"
#include "support/pipeline_test.hpp"
#include "support/process.hpp"
#include "support/run.hpp"
#include "support/sinks.hpp"

namespace penstock::test {
namespace {

// What a child found to be wrong, as its exit status.
enum Flaw : int {
  fine = 0,
  parents_calls_were_accepted = 10,
  parents_calls_were_not_counted,
  parents_flush_waited,
  parents_stop_waited,
  own_pipeline_failed,
  own_events_lost,
  own_account_wrong,
};

class ForkLifeTest : public PipelineTest {
 protected:
  // The allocators of gcc 12's AddressSanitizer and clang 14's ThreadSanitizer do not know fork():
  // a lock of theirs that a thread of the parent holds at that moment is held for ever in the
  // child. Not so glibc's allocator.
  void SetUp() override {
    PipelineTest::SetUp();
    if (under_asan || under_tsan) GTEST_SKIP() << "a child of several threads cannot allocate";
  }

  // Everything a child may do with the pipeline that it inherited.
  static Flaw use_inherited(Pipeline& pipeline, const Logger& log) {
    const PipelineStats before = pipeline.stats();
    log.info("child: must not appear");
    log.with(field("a", 1)).error("child: must not appear {}", 2);
    log.to({"lines"}).warning("child: must not appear");
    if (pipeline.submit({.message = "child: must not appear"})) return parents_calls_were_accepted;
    pipeline.logger("made in the child").info("child: must not appear");
    pipeline.set_level("x", Level::error);
    pipeline.control(SinkControl::reopen);
    const PipelineStats after = pipeline.stats();
    if (after.accepted != before.accepted) return parents_calls_were_accepted;
    if (after.refused_after_stop - before.refused_after_stop < 4) {
      return parents_calls_were_not_counted;
    }
    const auto begin = Clock::now();
    (void)pipeline.flush(patience);
    if (Clock::now() - begin > patience / 2) return parents_flush_waited;
    (void)pipeline.stop(patience);
    if (Clock::now() - begin > patience / 2) return parents_stop_waited;
    return fine;
  }

  static Flaw use_own(int descriptor, std::uint64_t number) {
    PipelineOptions options;
    options.sinks = {line_sink("own", descriptor)};
    auto pipeline = Pipeline::start(std::move(options));
    if (!pipeline) return own_pipeline_failed;
    const Logger log = pipeline->logger("child");
    log.info("child {} main", number);
    std::thread([&] { log.info("child {} thread", number); }).join();
    if (!pipeline->flush(patience)) return own_events_lost;
    const StopReport report = pipeline->stop(patience);
    if (!report.complete || report.stats.sinks.at(0).delivered != 2) return own_events_lost;
    return adds_up(report.stats) ? fine : own_account_wrong;
  }

  [[noreturn]] static void run_child(Pipeline& pipeline, const Logger& log, int descriptor,
                                     std::uint64_t number) {
    alarm(child_limit_seconds);
    Flaw flaw = use_inherited(pipeline, log);
    if (flaw == fine) flaw = use_own(descriptor, number);
    if (flaw == fine) flaw = use_inherited(pipeline, log);
    // Some end as programs do, with destructors of static and thread_local objects.
    if (number % 4 == 0) std::exit(flaw);
    _exit(flaw);
  }
};

TEST_F(ForkLifeTest, ForkWithEightThreadsLoggingDisturbsNeitherParentNorChild) {
  TemporaryFile file;
  SinkOptions lines = tiny(line_sink("lines", file.descriptor()));
  lines.batch.linger = 1ms;
  Pipeline& pipeline = start({lines, tiny(CountingSink().options("other"), WhenFull::drop_oldest)});
  constexpr std::size_t thread_count = 8;
  std::atomic<bool> done{false};
  std::array<std::uint64_t, thread_count> logged{};
  Threads threads;
  threads.start(thread_count, [&](std::size_t i) {
    const Logger log = pipeline.logger("parent");
    while (!done) {
      log.info("parent {} {}", i, logged[i]++);
      std::this_thread::yield();
    }
  });
  const Logger log = pipeline.logger("x");
  const std::uint64_t forks = repeats(50);
  for (std::uint64_t number = 0; number < forks; ++number) {
    const pid_t child = fork();
    ASSERT_GE(child, 0);
    if (child == 0) run_child(pipeline, log, file.descriptor(), number);
    EXPECT_EQ(end_of(child), "") << "child " << number;
    if (number % 10 == 0) {
      EXPECT_TRUE(adds_up(pipeline.stats()));
    }
  }
  done = true;
  threads.join();
  const StopReport report = pipeline.stop(patience);
  EXPECT_TRUE(report.complete);
  EXPECT_EQ(report.stats.refused_after_stop, 0);

  std::uint64_t wanted = 0;
  for (const std::uint64_t count : logged) wanted += count;
  EXPECT_EQ(static_cast<std::uint64_t>(report.stats.accepted), wanted);
  std::uint64_t parents = 0;
  std::uint64_t childrens = 0;
  for (const auto& [line, count] : file.lines()) {
    EXPECT_EQ(count, 1) << line;
    EXPECT_EQ(line.find("must not appear"), std::string::npos);
    ++(line.starts_with("parent ") ? parents : childrens);
  }
  EXPECT_EQ(parents, wanted);
  EXPECT_EQ(childrens, 2 * forks);
}

TEST_F(ForkLifeTest, AChildDoesNotDeliverWhatTheParentHasQueued) {
  TemporaryFile file;
  SinkOptions lines = line_sink("lines", file.descriptor());
  lines.batch.linger = 60s;
  Pipeline& pipeline = start({lines});
  const Logger log = pipeline.logger("x");
  for (int i = 0; i < 100; ++i) log.info("queued {}", i);
  const pid_t child = fork();
  if (child == 0) run_child(pipeline, log, file.descriptor(), 0);
  EXPECT_EQ(end_of(child), "");
  EXPECT_TRUE(file.lines().size() == 2) << "the child's own two";
  ASSERT_TRUE(pipeline.flush(patience));
  EXPECT_EQ(file.lines().size(), 102u);
}

// Also while other threads start, stop, look and make loggers: whatever is locked at that moment is
// locked for ever in the child.
TEST_F(ForkLifeTest, ForkWhilePipelinesStartStopAndAreLookedAt) {
  TemporaryFile file;
  Pipeline& pipeline = start({tiny(CountingSink().options("counting"))});
  const Logger log = pipeline.logger("x");
  std::atomic<bool> done{false};
  Threads threads;
  threads.start([&] {
    while (!done) EXPECT_TRUE(adds_up(pipeline.stats()));
  });
  threads.start([&] {
    for (int i = 0; !done; ++i) pipeline.logger(numbered("l", i % 1000)).info("{}", i);
  });
  threads.start([&] {
    while (!done) {
      PipelineOptions options;
      options.sinks = {CountingSink().options("short")};
      Pipeline other = Pipeline::start(std::move(options)).value();
      other.logger("y").info("short life");
      (void)other.stop(patience);
    }
  });
  threads.start([&] {
    while (!done) (void)pipeline.flush(patience);
  });
  const std::uint64_t forks = repeats(40);
  for (std::uint64_t number = 0; number < forks; ++number) {
    const pid_t child = fork();
    ASSERT_GE(child, 0);
    if (child == 0) run_child(pipeline, log, file.descriptor(), number);
    EXPECT_EQ(end_of(child), "") << "child " << number;
  }
  done = true;
}

TEST_F(ForkLifeTest, ForkWhileThePipelineStops) {
  TemporaryFile file;
  for (std::uint64_t round = 0; round < repeats(40); ++round) {
    Pipeline& pipeline = start({CountingSink().options("counting")});
    const Logger log = pipeline.logger("x");
    for (int i = 0; i < 1'000; ++i) log.info("{}", i);
    Threads threads;
    threads.start([&] {
      EXPECT_TRUE(pipeline.stop(patience).complete);
      for (int i = 0; i < 20; ++i) (void)pipeline.stats();
    });
    for (std::uint64_t n = random_stream(round)() % 50; n > 0; --n) std::this_thread::yield();
    const pid_t child = fork();
    if (child == 0) {
      alarm(child_limit_seconds);
      log.info("child");
      (void)pipeline.stop(patience);
      (void)pipeline.stats();
      _exit(use_own(file.descriptor(), round));
    }
    EXPECT_EQ(end_of(child), "") << "round " << round;
  }
}

TEST_F(ForkLifeTest, AChildOfAChildWorksAsWell) {
  TemporaryFile file;
  Pipeline& pipeline = start({CountingSink().options("counting")});
  const Logger log = pipeline.logger("x");
  log.info("parent");
  const pid_t child = fork();
  if (child == 0) {
    alarm(child_limit_seconds);
    PipelineOptions options;
    options.sinks = {line_sink("own", file.descriptor())};
    Pipeline own = Pipeline::start(std::move(options)).value();
    const Logger own_log = own.logger("y");
    own_log.info("child");
    const pid_t grandchild = fork();
    if (grandchild == 0) {
      alarm(child_limit_seconds);
      Flaw flaw = use_inherited(own, own_log);
      if (flaw == fine) flaw = use_inherited(pipeline, log);
      if (flaw == fine) flaw = use_own(file.descriptor(), 7);
      _exit(flaw);
    }
    const bool good = end_of(grandchild).empty() && own.stop(patience).complete;
    _exit(good ? 0 : 1);
  }
  EXPECT_EQ(end_of(child), "");
  EXPECT_EQ(file.lines().size(), 3u);
}

}  // namespace
}  // namespace penstock::test
