// SPDX-License-Identifier: Apache-2.0
// A plugin in a process of its own that ends, hangs or throws: its events come again, in order, and
// nobody else notices.

#include <gmock/gmock.h>

#include "isolation_support.hpp"

namespace penstock::isolation::test {
namespace {

using ::testing::AllOf;
using ::testing::ContainsRegex;
using ::testing::HasSubstr;

TEST_F(IsolationTest, AGoodPluginGetsEveryEventOnceInOrder) {
  Pipeline& pipeline = start_apart("");
  log(pipeline, 0, 20'000);
  EXPECT_TRUE(pipeline.flush(penstock::test::patience));
  EXPECT_EQ(delivered(), numbers(0, 20'000));
  EXPECT_EQ(stats_of(pipeline, "apart").delivered, 20'000);
  EXPECT_EQ(error(pipeline), "");
  EXPECT_EQ(processes(), 1u);
}

// ---- it ends before it has delivered

struct End {
  const char* does;
  const char* told;
};
std::ostream& operator<<(std::ostream& out, const End& end) { return out << end.does; }

class IsolatedEnd : public IsolationTest, public ::testing::WithParamInterface<End> {
 protected:
  std::string does() const { return std::string(R"("does": ")") + GetParam().does + "\""; }
};

TEST_P(IsolatedEnd, InWriteLosesAndRepeatsNothing) {
  Pipeline& pipeline = start_apart(R"("at": "write", "after": 3, )" + does(), 10);
  log(pipeline, 0, 100);
  EXPECT_TRUE(pipeline.flush(penstock::test::patience));
  EXPECT_EQ(delivered(), numbers(0, 100));
  EXPECT_EQ(processes(), 2u);
  EXPECT_EQ(stats_of(pipeline, "apart").delivered, 100);
  EXPECT_EQ(beside_.size(), 100u);
}

TEST_P(IsolatedEnd, SaysWhatEndedIt) {
  Pipeline& pipeline = start_apart(R"("at": "write", "times": 1000000, )" + does(), 10);
  log(pipeline, 0, 1);
  EXPECT_TRUE(eventually([&] { return !error(pipeline).empty(); }));
  EXPECT_THAT(error(pipeline), AllOf(HasSubstr("plugin org.example.subject: its process "),
                                     HasSubstr(GetParam().told), HasSubstr("in write")));
  folder_.make_peace();
  EXPECT_TRUE(beside_.wait_for(1, penstock::test::patience));
}

TEST_P(IsolatedEnd, InCreateOrOpenLeavesTheSinkOut) {
  for (const char* at : {"create", "open"}) {
    Pipeline& pipeline =
        start_apart(std::string(R"("times": 1000000, "at": ")") + at + "\", " + does());
    const PipelineStats stats = pipeline.stats();
    ASSERT_EQ(stats.left_out.size(), 1u) << at;
    EXPECT_THAT(stats.left_out[0].reason,
                AllOf(HasSubstr("org.example.subject"), HasSubstr(GetParam().told)));
  }
}

TEST_P(IsolatedEnd, InCreateAndOpenOfLaterProcessesIsTriedAgain) {
  const std::string then[] = {"create", "open"};
  for (const std::string& where : then) {
    const Folder folder;
    const std::string json =
        R"("at": "write", "after": 2, "times": 4, "then": ")" + where + "\", " + does();
    SinkOptions apart = sink_of(isolation_of(plugin_of("subject"), folder, json));
    apart.batch.max_events = 10;
    Pipeline& pipeline = start({apart});
    log(pipeline, 0, 100);
    EXPECT_TRUE(pipeline.flush(penstock::test::patience)) << where;
    EXPECT_EQ(folder.lines("out"), numbers(0, 100)) << where;
    EXPECT_EQ(folder.lines("acts"), std::vector<std::string>{"xxxx"}) << where;
    EXPECT_TRUE(pipeline.stop(penstock::test::patience).complete);
  }
}

TEST_P(IsolatedEnd, InFlushFailsTheFlushAndLosesNothing) {
  Pipeline& pipeline = start_apart(R"("at": "flush", )" + does());
  log(pipeline, 0, 10);
  static_cast<void>(pipeline.flush(penstock::test::patience));
  log(pipeline, 10, 20);
  EXPECT_TRUE(eventually([&] { return delivered().size() >= 20; }));
  EXPECT_EQ(delivered(), numbers(0, 20));
}

TEST_P(IsolatedEnd, InCloseCostsNothing) {
  Pipeline& pipeline = start_apart(R"("at": "close", )" + does());
  log(pipeline, 0, 10);
  const StopReport report = pipeline.stop(penstock::test::patience);
  EXPECT_TRUE(report.complete);
  EXPECT_EQ(delivered(), numbers(0, 10));
}

TEST_P(IsolatedEnd, WhenItIsDestroyedCostsNothing) {
  Pipeline& pipeline = start_apart(R"("at": "destroy", )" + does());
  log(pipeline, 0, 10);
  EXPECT_TRUE(pipeline.stop(penstock::test::patience).complete);
  EXPECT_EQ(delivered(), numbers(0, 10));
}

TEST_P(IsolatedEnd, BetweenCallsIsSeenAndHealed) {
  Pipeline& pipeline = start_apart(R"("at": "control", )" + does());
  log(pipeline, 0, 10);
  EXPECT_TRUE(pipeline.flush(penstock::test::patience));
  pipeline.control(SinkControl::reopen, "apart");
  EXPECT_TRUE(eventually([&] { return !folder_.lines("acts").empty(); }));
  log(pipeline, 10, 20);
  EXPECT_TRUE(eventually([&] { return delivered().size() >= 20; }));
  EXPECT_EQ(delivered(), numbers(0, 20));
  EXPECT_EQ(processes(), 2u);
}

INSTANTIATE_TEST_SUITE_P(All, IsolatedEnd,
                         ::testing::Values(End{"segfault", "signal 11"}, End{"abort", "signal 6"},
                                           End{"kill", "signal 9"},
                                           End{"exit", "with the status 7"},
                                           End{"thread", "signal 11"}),
                         [](const auto& test) { return test.param.does; });

// ---- before there is a sink

struct Early {
  const char* fixture;
  const char* told;  // a regular expression
  std::chrono::nanoseconds timeout = penstock::test::patience;
};
std::ostream& operator<<(std::ostream& out, const Early& early) { return out << early.fixture; }

class IsolatedStart : public IsolationTest, public ::testing::WithParamInterface<Early> {};

TEST_P(IsolatedStart, LeavesItsSinkOutWithTheReason) {
  SinkOptions apart =
      sink_of(isolation_of(fixture_of(GetParam().fixture), folder_, ""), GetParam().timeout);
  Pipeline& pipeline = start({apart, beside_.options("beside")});
  log(pipeline, 0, 10);
  EXPECT_TRUE(pipeline.flush(penstock::test::patience));
  EXPECT_EQ(beside_.size(), 10u);
  const PipelineStats stats = pipeline.stats();
  ASSERT_EQ(stats.left_out.size(), 1u);
  EXPECT_THAT(stats.left_out[0].reason,
              AllOf(ContainsRegex(GetParam().told), HasSubstr("org.example.fixture"),
                    HasSubstr(std::string(GetParam().fixture) + ".penstock.so")));
}

INSTANTIATE_TEST_SUITE_P(
    All, IsolatedStart,
    ::testing::Values(
        Early{"constructor_crashes", "probe: crash"},
        // The loader lets it through, or ends the process: that is the compiler's choice.
        Early{"constructor_throws", "signal 6|no licence"},
        Early{"constructor_exits", "with the status 0"},
        Early{"constructor_hangs", "probe: timeout", soon}, Early{"entry_crashes", "signal 4"},
        Early{"init_crashes", "signal 7"}, Early{"entry_returns_null", "handshake: refused-host"},
        Early{"other_id", "handshake: identity"}, Early{"create_throws_in_c", "create: threw"},
        Early{"create_hangs", "probe: timeout", soon},
        Early{"sink_without_write", "create: no-function"}, Early{"open_fails", "open: open"}),
    [](const auto& test) { return test.param.fixture; });

// ---- in the middle of a batch

TEST_F(IsolationTest, KilledInTheMiddleOfABatchItGetsAllOfItAgain) {
  Pipeline& pipeline =
      start_apart(R"("at": "write", "after": 2, "half": true, "does": "hang")", 10);
  log(pipeline, 0, 30);
  const pid_t pid = folder_.wait_for_pid("hanging");
  ::kill(pid, SIGKILL);
  EXPECT_TRUE(pipeline.flush(penstock::test::patience));
  std::vector<std::string> seen = delivered();
  // What it had written of the second batch is there twice, and nothing else.
  std::vector<std::string> once = seen;
  std::sort(once.begin(), once.end());
  once.erase(std::unique(once.begin(), once.end()), once.end());
  EXPECT_EQ(once.size(), 30u);
  EXPECT_GT(seen.size(), 30u);
  EXPECT_LE(seen.size(), 35u);
  EXPECT_EQ(stats_of(pipeline, "apart").delivered, 30);
}

// ---- it hangs

TEST_F(IsolationTest, ACallThatTakesTooLongEndsTheProcess) {
  Pipeline& pipeline = start_apart(R"("at": "write", "after": 2, "does": "hang")", 10, soon);
  log(pipeline, 0, 30);
  EXPECT_TRUE(pipeline.flush(penstock::test::patience));
  EXPECT_EQ(delivered(), numbers(0, 30));
  EXPECT_EQ(processes(), 2u);
}

TEST_F(IsolationTest, OneThatHangsIsToldWithTheCallAndTheTime) {
  Pipeline& pipeline = start_apart(R"("at": "write", "times": 1000, "does": "hang")", 10, soon);
  log(pipeline, 0, 1);
  EXPECT_TRUE(eventually([&] { return error(pipeline).find("was killed") != std::string::npos; }));
  EXPECT_THAT(error(pipeline),
              ContainsRegex("did not answer for [0-9.]+ s \\(write\\) and was killed"));
  folder_.make_peace();
}

TEST_F(IsolationTest, OneThatHangsInCloseDoesNotHoldUpTheStop) {
  Pipeline& pipeline = start_apart(R"("at": "close", "does": "hang")", 10, soon);
  log(pipeline, 0, 10);
  const auto begin = Clock::now();
  EXPECT_TRUE(pipeline.stop(penstock::test::patience).complete);
  EXPECT_LT(Clock::now() - begin, 10s);
  EXPECT_EQ(delivered(), numbers(0, 10));
}

TEST_F(IsolationTest, StopKeepsItsDeadlineWithAHungProcess) {
  Pipeline& pipeline = start_apart(R"("at": "write", "does": "hang")", 10, 2 * soon);
  log(pipeline, 0, 10);
  folder_.wait_for_pid("hanging");
  const auto begin = Clock::now();
  const StopReport report = pipeline.stop(50ms);
  EXPECT_LT(Clock::now() - begin, soon);
  EXPECT_FALSE(report.complete);
  EXPECT_EQ(report.stats.sink("apart")->in_flight + report.stats.sink("apart")->in_queue, 10);
  // What was left behind ends with its call: nothing_is_left_ looks for it.
  EXPECT_TRUE(eventually([] { return !has_children(); }));
}

// ---- an event that ends it

TEST_F(IsolationTest, AnEventThatEndsItIsRejectedAndNoOther) {
  for (const bool later : {false, true}) {
    const Folder folder;
    const char* const more = later ? R"(, "later": true)" : "";
    SinkOptions apart =
        sink_of(isolation_of(plugin_of("subject"), folder, std::string(R"("note": "37")") + more));
    apart.batch.max_events = 10;
    Pipeline& pipeline = start({apart});
    log(pipeline, 0, 60);
    EXPECT_TRUE(pipeline.flush(penstock::test::patience));
    std::vector<std::string> expected = numbers(0, 60);
    expected.erase(expected.begin() + 37);
    std::vector<std::string> seen = folder.lines("out");
    std::sort(seen.begin(), seen.end(),
              [](const auto& a, const auto& b) { return std::stoi(a) < std::stoi(b); });
    // What it has written and not yet answered for when it ends comes again.
    if (later) seen.erase(std::unique(seen.begin(), seen.end()), seen.end());
    EXPECT_EQ(seen, expected);
    const SinkStats stats = stats_of(pipeline, "apart");
    EXPECT_EQ(stats.delivered, 59);
    EXPECT_EQ(stats.dropped_total(), 1);
    EXPECT_TRUE(pipeline.stop(penstock::test::patience).complete);
  }
}

TEST_F(IsolationTest, KillsFromOutsideCostNoEventHoweverMany) {
  Pipeline& pipeline = start_apart(R"("at": "write", "times": 12, "does": "kill")", 1);
  log(pipeline, 0, 5);
  EXPECT_TRUE(pipeline.flush(penstock::test::patience));
  EXPECT_EQ(delivered(), numbers(0, 5));
  EXPECT_EQ(processes(), 13u);
  EXPECT_EQ(stats_of(pipeline, "apart").dropped_total(), 0);
}

// One fewer than it takes for an event, which may stand alone from the start.
TEST_F(IsolationTest, CrashesThatPassCostNoEvent) {
  Pipeline& pipeline = start_apart(R"("at": "write", "times": 4, "does": "segfault")", 10);
  log(pipeline, 0, 10);
  EXPECT_TRUE(pipeline.flush(penstock::test::patience));
  EXPECT_EQ(delivered(), numbers(0, 10));
  EXPECT_EQ(stats_of(pipeline, "apart").dropped_total(), 0);
}

// ---- what the first process lacks

TEST_F(IsolationTest, AFirstProcessThatCouldNotBeginIsTriedAgain) {
  struct Nobody final : SinkContext {
    std::string_view sink_name() const noexcept override { return "apart"; }
    std::int64_t now_ns() const noexcept override { return 0; }
    void settle(std::uint64_t, WriteResult) override {}
    void report(std::string_view) override {}
  } nobody;
  Isolation isolation = *isolation_of(plugin_of("subject"), folder_, "");
  const std::string program = folder_.path() + "/host";
  isolation.host_program = program;
  IsolatedSink sink(std::make_shared<const Isolation>(isolation), penstock::test::patience);
  EXPECT_FALSE(sink.open(nobody).ok());
  std::filesystem::create_symlink(PENSTOCK_PLUGIN_HOST_PROGRAM, program);
  const Status opened = sink.open(nobody);
  EXPECT_TRUE(opened.ok()) << opened.errors().front().message;
  sink.close();
}

// ---- answers that come later

TEST_F(IsolationTest, AnswersMayComeFromItsThreadsAndOutOfOrder) {
  Pipeline& pipeline = start_apart(R"("later": true)", 10);
  log(pipeline, 0, 200);
  EXPECT_TRUE(pipeline.flush(penstock::test::patience));
  std::vector<std::string> seen = delivered();
  EXPECT_EQ(seen.size(), 200u);
  EXPECT_NE(seen, numbers(0, 200));  // else nothing was out of order
  std::sort(seen.begin(), seen.end(),
            [](const auto& a, const auto& b) { return std::stoi(a) < std::stoi(b); });
  EXPECT_EQ(seen, numbers(0, 200));
}

TEST_F(IsolationTest, OneThatOwesAnAnswerForTooLongIsReplaced) {
  Pipeline& pipeline = start_apart(R"("later": true, "silent": true)", 10, soon);
  log(pipeline, 0, 10);
  EXPECT_TRUE(eventually([&] { return processes() >= 3; }));
  EXPECT_EQ(stats_of(pipeline, "apart").delivered, 0);
  const SinkStats stats = stats_of(pipeline, "apart");
  EXPECT_EQ(stats.in_flight + stats.in_queue, 10);
  EXPECT_TRUE(eventually(
      [&] { return error(pipeline).find("owed the answer to a batch") != std::string::npos; }));
  folder_.make_peace();
}

TEST_F(IsolationTest, WhatWasPendingWhenItEndedComesAgain) {
  Pipeline& pipeline = start_apart(
      R"("later": true, "at": "write", "after": 6, "does": "segfault", "times": 5)", 10);
  log(pipeline, 0, 1000);
  EXPECT_TRUE(pipeline.flush(penstock::test::patience));
  std::vector<std::string> seen = delivered();
  std::sort(seen.begin(), seen.end(),
            [](const auto& a, const auto& b) { return std::stoi(a) < std::stoi(b); });
  seen.erase(std::unique(seen.begin(), seen.end()), seen.end());
  EXPECT_EQ(seen, numbers(0, 1000));
  EXPECT_EQ(stats_of(pipeline, "apart").delivered, 1000);
}

// ---- what it says besides

TEST_F(IsolationTest, WhatItReportsIsShown) {
  Pipeline& pipeline = start_apart(R"("at": "flush", "does": "report")");
  log(pipeline, 0, 1);
  EXPECT_TRUE(pipeline.flush(penstock::test::patience));
  EXPECT_TRUE(eventually([&] { return error(pipeline) == "the ink runs out"; }));
}

TEST_F(IsolationTest, WhatItMeasuresIsShown) {
  Pipeline& pipeline = start_apart(R"("at": "flush", "does": "measure")");
  log(pipeline, 0, 1);
  EXPECT_TRUE(pipeline.flush(penstock::test::patience));
  const std::map<std::string, double> expected{{"ink", 0.25}};
  EXPECT_TRUE(eventually([&] { return stats_of(pipeline, "apart").figures == expected; }));
}

TEST_F(IsolationTest, WhatItThrowsIsAFailureThatMayPass) {
  Pipeline& pipeline = start_apart(R"("at": "write", "does": "throw")", 10);
  log(pipeline, 0, 10);
  EXPECT_TRUE(pipeline.flush(penstock::test::patience));
  EXPECT_EQ(delivered(), numbers(0, 10));
  EXPECT_EQ(processes(), 1u);
  EXPECT_EQ(stats_of(pipeline, "apart").retries, 1);
}

// ---- its own limits

TEST_F(IsolationTest, ItsMemoryIsLimitedAndNotThisProcess) {
  if (under_asan || under_tsan) GTEST_SKIP() << "a sanitizer reserves more than any limit";
  Pipeline& pipeline = start_apart(R"("at": "write", "does": "memory")", 10,
                                   penstock::test::patience, {.memory = 64 * MiB});
  log(pipeline, 0, 10);
  EXPECT_TRUE(pipeline.flush(penstock::test::patience));
  EXPECT_EQ(delivered(), numbers(0, 10));
  ASSERT_EQ(folder_.lines("memory").size(), 1u);
  const std::uint64_t taken = std::stoull(folder_.lines("memory")[0]);
  EXPECT_GT(taken, 16 * MiB);
  EXPECT_LT(taken, 64 * MiB);
}

}  // namespace
}  // namespace penstock::isolation::test
