// SPDX-License-Identifier: Apache-2.0
// The two ends of a process: logging before a pipeline is there, from static and thread_local
// destructors, and after it is gone. Each case is a process of its own: this program, run again.
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include <gtest/gtest.h>

#include "penstock/penstock.hpp"
#include "support/account.hpp"
#include "support/process.hpp"
#include "support/sinks.hpp"
#include "support/wait.hpp"

namespace penstock::test {
namespace {

PipelineOptions lines_to(int descriptor) {
  PipelineOptions options;
  options.sinks = {line_sink("lines", descriptor)};
  return options;
}

// Says what is wrong on stderr and ends the process, also from within a destructor.
void check(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "wrong: %s\n", what);
  _exit(3);
}

class ExitLifeTest : public ::testing::Test {
 protected:
  void SetUp() override { ::testing::FLAGS_gtest_death_test_style = "threadsafe"; }
};
using ExitLifeDeathTest = ExitLifeTest;

// Runs when the static that holds it is destroyed.
struct AtEnd {
  std::function<void()> run{};
  ~AtEnd() {
    if (run) run();
  }
};

struct LogsBeforeMain {
  LogsBeforeMain() {
    Logger().info("before main");
    calls = detached_calls();
  }
  std::int64_t calls = 0;
};
const LogsBeforeMain logged_before_main;

TEST_F(ExitLifeTest, CallsBeforeMainAreCounted) { EXPECT_GE(logged_before_main.calls, 1); }

TEST_F(ExitLifeDeathTest, APipelineThatIsAStaticDeliversEverythingAtExit) {
  const auto program = [] {
    static std::optional<Pipeline> pipeline = Pipeline::start(lines_to(STDERR_FILENO)).value();
    for (int i = 0; i < 100; ++i) pipeline->logger("x").info("event {}", i);
    std::exit(0);
  };
  EXPECT_EXIT(program(), ::testing::ExitedWithCode(0), "event 99");
}

TEST_F(ExitLifeDeathTest, StaticDestructorsMayLogWhileThePipelineRuns) {
  const auto program = [] {
    static std::optional<Pipeline> pipeline = Pipeline::start(lines_to(STDERR_FILENO)).value();
    static AtEnd end;  // goes before the pipeline
    const Logger log = pipeline->logger("x");
    log.info("from main");
    end.run = [log] {
      log.info("from a static destructor");
      log.with(field("text", std::string(100, 'x'))).warning("again {}", 2);
    };
    std::exit(0);
  };
  EXPECT_EXIT(program(), ::testing::ExitedWithCode(0),
              "from main\nfrom a static destructor\nagain 2");
}

TEST_F(ExitLifeDeathTest, StaticDestructorsMaySubmitWhileThePipelineRuns) {
  const auto program = [] {
    static std::optional<Pipeline> pipeline = Pipeline::start(lines_to(STDERR_FILENO)).value();
    static AtEnd end;
    const std::string text(10'000, 'x');
    const FieldView fields[] = {{"text", std::string_view(text)}};
    check(pipeline->submit({.message = "from main", .fields = fields}), "submit in main");
    end.run = [text] {
      const FieldView again[] = {{"text", std::string_view(text)}};
      for (int i = 0; i < 10; ++i) {
        check(pipeline->submit({.message = "from a static destructor", .fields = again}),
              "submit in a static destructor");
      }
      check(pipeline->flush(patience), "flush in a static destructor");
      check(pipeline->stats().accepted == 11, "accepted");
      check(static_cast<bool>(adds_up(pipeline->stats())), "the account");
    };
    std::exit(0);
  };
  EXPECT_EXIT(program(), ::testing::ExitedWithCode(0), "from main\nfrom a static destructor");
}

TEST_F(ExitLifeDeathTest, StaticDestructorsAfterThePipelinesEndAreCountedNoOps) {
  const auto program = [] {
    static AtEnd end;  // goes after the pipeline
    static std::optional<Pipeline> pipeline = Pipeline::start(lines_to(STDERR_FILENO)).value();
    const Logger log = pipeline->logger("x");
    log.info("delivered");
    end.run = [log] {
      const std::int64_t before = detached_calls();
      log.info("must not appear");
      log.with(field("a", 1)).tag("t").to({"lines"}).error("must not appear {}", 1);
      Logger().info("must not appear");
      check(detached_calls() == before + 1, "calls without a pipeline are counted");
      std::fputs("the end\n", stderr);
    };
    std::exit(0);
  };
  EXPECT_EXIT(program(), ::testing::ExitedWithCode(0), "^delivered\nthe end\n$");
}

TEST_F(ExitLifeDeathTest, AtexitHandlersMayStopThePipeline) {
  const auto program = [] {
    static std::optional<Pipeline> pipeline = Pipeline::start(lines_to(STDERR_FILENO)).value();
    pipeline->logger("x").info("delivered");
    std::atexit([] {
      const StopReport report = pipeline->stop(patience);
      check(report.complete && report.stats.all_delivered(), "stop in an atexit handler");
      pipeline->logger("x").info("must not appear");
      check(pipeline->stats().refused_after_stop == 1, "calls after stop are counted");
    });
    std::exit(0);
  };
  EXPECT_EXIT(program(), ::testing::ExitedWithCode(0), "^delivered\n$");
}

TEST_F(ExitLifeDeathTest, APipelineMayBeStartedInAStaticDestructor) {
  const auto program = [] {
    static AtEnd end;
    end.run = [] {
      Pipeline pipeline = Pipeline::start(lines_to(STDERR_FILENO)).value();
      pipeline.logger("x").info("late, but there");
      check(pipeline.stop(patience).complete, "stop");
    };
    std::exit(0);
  };
  EXPECT_EXIT(program(), ::testing::ExitedWithCode(0), "late, but there");
}

TEST_F(ExitLifeDeathTest, ThreadsMayGoOnLoggingWhileTheProcessEnds) {
  const auto program = [] {
    static std::optional<Pipeline> pipeline =
        Pipeline::start([] {
          PipelineOptions options;
          options.sinks = {CountingSink().options("counting")};
          return options;
        }())
            .value();
    for (int i = 0; i < 4; ++i) {
      std::thread([] {
        const Logger log = pipeline->logger("x");
        for (std::int64_t n = 0;; ++n) log.info("{}", n);
      }).detach();
    }
    check(eventually([] { return pipeline->stats().accepted > 1000; }), "they log");
    std::fputs("ends\n", stderr);
    std::exit(0);
  };
  EXPECT_EXIT(program(), ::testing::ExitedWithCode(0), "ends");
}

TEST_F(ExitLifeDeathTest, AStuckSinkDoesNotKeepAStoppedProcessAlive) {
  const auto program = [] {
    static GateSink* const gate = new GateSink;  // never opened
    PipelineOptions options;
    options.sinks = {gate->options("gate")};
    static std::optional<Pipeline> pipeline = Pipeline::start(std::move(options)).value();
    pipeline->logger("x").info("stuck");
    check(gate->wait_until_stuck(), "stuck");
    const StopReport report = pipeline->stop(std::chrono::milliseconds(100));
    check(!report.complete && report.stats.sinks[0].in_flight == 1, "the remainder");
    std::exit(0);
  };
  EXPECT_EXIT(program(), ::testing::ExitedWithCode(0), "");
}

TEST_F(ExitLifeDeathTest, APipelineThatIsNeverStoppedEndsWithTheProcess) {
  const auto program = [] {
    static auto* const pipeline = new Pipeline(Pipeline::start(lines_to(STDERR_FILENO)).value());
    pipeline->logger("x").info("delivered");
    check(pipeline->flush(patience), "flush");
    std::exit(0);
  };
  EXPECT_EXIT(program(), ::testing::ExitedWithCode(0), "delivered");
}

}  // namespace
}  // namespace penstock::test
