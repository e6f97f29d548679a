// SPDX-License-Identifier: Apache-2.0
// A sink behind the boundary behaves as the same sink would without it: PluginSink on the host's
// side, penstock/plugin/sink.hpp on the plugin's, in one process.
#include <array>
#include <cstring>
#include <functional>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "plugin_sink_support.hpp"

namespace penstock::plugin::test {
namespace {

using penstock::test::Signal;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using namespace std::chrono_literals;

// ---- answers

TEST_F(PluginSinkTest, PassesOkOn) {
  EXPECT_EQ(answer_to(2, WriteResult::ok()).kind(), WriteResult::Kind::ok);
}

TEST_F(PluginSinkTest, PassesAllOfARetryOn) {
  const WriteResult seen = answer_to(9, WriteResult::retry("busy", 250ms, 5, {1, 3}));
  EXPECT_EQ(seen.kind(), WriteResult::Kind::retry);
  EXPECT_EQ(seen.reason(), "busy");
  EXPECT_EQ(seen.after(), 250ms);
  EXPECT_EQ(seen.settled(), 5u);
  EXPECT_THAT(seen.positions(), ElementsAre(1, 3));
}

TEST_F(PluginSinkTest, PassesRejectionsOnWithAndWithoutPositions) {
  const WriteResult named = answer_to(9, WriteResult::reject("too long", {0, 8}));
  EXPECT_EQ(named.kind(), WriteResult::Kind::reject);
  EXPECT_EQ(named.reason(), "too long");
  EXPECT_THAT(named.positions(), ElementsAre(0, 8));
  const WriteResult unnamed = answer_to(9, WriteResult::reject("some"));
  EXPECT_EQ(unnamed.kind(), WriteResult::Kind::reject);
  EXPECT_THAT(unnamed.positions(), IsEmpty());
}

TEST_F(PluginSinkTest, PassesFatalOn) {
  const WriteResult seen = answer_to(1, WriteResult::fatal("gone"));
  EXPECT_EQ(seen.kind(), WriteResult::Kind::fatal);
  EXPECT_EQ(seen.reason(), "gone");
}

TEST_F(PluginSinkTest, PositionsBeyondTheBatchCountForNothing) {
  EXPECT_THAT(answer_to(3, WriteResult::reject("no", {2, 3, 4'000'000'000})).positions(),
              ElementsAre(2));
  EXPECT_THAT(answer_to(3, WriteResult::retry("no", {}, 3, {2, 3})).positions(), ElementsAre(2));
}

TEST_F(PluginSinkTest, MorePositionsThanThereAreEventsAreNotRead) {
  EXPECT_THAT(answer_of_c([](void*, const penstock_batch*, penstock_answer* answer) {
                static const std::array<std::uint32_t, 2> positions{0, 1};
                answer->status = PENSTOCK_WRITE_REJECT;
                answer->positions = positions.data();
                answer->position_count = 1'000'000'000'000;
              }).positions(),
              ElementsAre(0, 1));
}

TEST_F(PluginSinkTest, AStatusThatThereIsNotIsFatalAndSaysSo) {
  const WriteResult seen = answer_of_c([](void*, const penstock_batch*, penstock_answer* answer) {
    answer->status = 77;
    answer->reason = penstock::detail::c_text("whatever");
  });
  EXPECT_EQ(seen.kind(), WriteResult::Kind::fatal);
  EXPECT_THAT(seen.reason(), ::testing::HasSubstr("77"));
}

TEST_F(PluginSinkTest, WhatAnAnswerLeavesEmptyIsEmpty) {
  const WriteResult seen = answer_of_c([](void*, const penstock_batch*, penstock_answer* answer) {
    answer->status = PENSTOCK_WRITE_RETRY;
    answer->after_ns = -5;        // a time that has passed
    answer->position_count = 12;  // of nothing
  });
  EXPECT_EQ(seen.kind(), WriteResult::Kind::retry);
  EXPECT_EQ(seen.reason(), "");
  EXPECT_EQ(seen.after(), 0ns);
  EXPECT_THAT(seen.positions(), IsEmpty());
}

TEST_F(PluginSinkTest, AReasonWithoutEndIsCut) {
  const WriteResult seen = answer_to(1, WriteResult::retry(std::string(1 << 20, 'x')));
  EXPECT_EQ(seen.reason().size(), 64u * 1024);
}

TEST_F(PluginSinkTest, AnExceptionOutOfWriteIsARetryWithItsWords) {
  script_.write = [](const Batch&) -> WriteResult { throw std::runtime_error("wires crossed"); };
  const WriteResult seen = opened().write(batch(2));
  EXPECT_EQ(seen.kind(), WriteResult::Kind::retry);
  EXPECT_EQ(seen.reason(), "wires crossed");
  EXPECT_EQ(seen.settled(), 0u);
  script_.write = [](const Batch&) -> WriteResult { throw 7; };
  EXPECT_EQ(sink().write(batch(2)).kind(), WriteResult::Kind::retry);
}

// ---- pending

TEST_F(PluginSinkTest, AnAnswerMayComeBeforeWriteHasReturned) {
  script_.write = [&](const Batch& offered) {
    script_.context->settle(offered.token(), WriteResult::ok());
    return WriteResult::pending();
  };
  EXPECT_EQ(opened().write(batch(2)).kind(), WriteResult::Kind::pending);
  ASSERT_EQ(host_.answers.size(), 1u);
  EXPECT_EQ(host_.answers[0].first, 9u);
  EXPECT_EQ(host_.answers[0].second.kind(), WriteResult::Kind::ok);
}

TEST_F(PluginSinkTest, AnAnswerMayComeFromAnotherThreadWithAllItHas) {
  std::thread other;
  script_.write = [&](const Batch& offered) {
    other = std::thread([this, token = offered.token()] {
      script_.context->settle(token, WriteResult::retry("late", 1s, 4, {0, 2}));
    });
    return WriteResult::pending();
  };
  EXPECT_EQ(opened().write(batch(6)).kind(), WriteResult::Kind::pending);
  other.join();
  ASSERT_EQ(host_.answers.size(), 1u);
  const WriteResult& seen = host_.answers[0].second;
  EXPECT_EQ(seen.reason(), "late");
  EXPECT_EQ(seen.after(), 1s);
  EXPECT_EQ(seen.settled(), 4u);
  EXPECT_THAT(seen.positions(), ElementsAre(0, 2));
}

// A late answer may be on its way while the sink is opened again after `fatal`.
TEST_F(PluginSinkTest, AnswersComeWhileItIsOpenedAgain) {
  opened();
  SinkContext* const first = script_.context;
  Signal started;
  std::thread other([&] {
    started.set();
    for (std::uint64_t token = 0; token < 1000; ++token) first->settle(token, WriteResult::ok());
  });
  EXPECT_TRUE(started.wait());
  for (int i = 0; i < 100; ++i) {
    sink().close();
    EXPECT_TRUE(sink().open(host_).ok());
    EXPECT_EQ(script_.context, first);
  }
  other.join();
  EXPECT_EQ(host_.answers.size(), 1000u);
}

// ---- its life

TEST_F(PluginSinkTest, PassesNeedsOnAndTheHostsWordsBack) {
  script_.needs = {.events = false, .encoded = true, .max_in_flight = 16};
  const Sink::Needs needs = opened().needs();
  EXPECT_FALSE(needs.events);
  EXPECT_TRUE(needs.encoded);
  EXPECT_EQ(needs.max_in_flight, 16u);
  EXPECT_EQ(script_.context->sink_name(), "out");
  EXPECT_EQ(script_.context->now_ns(), 42);
  EXPECT_EQ(script_.context->max_in_flight(), 7u);
  script_.context->report("a small thing");
  script_.context->report({});
  EXPECT_THAT(host_.problems, ElementsAre("a small thing", ""));
  script_.context->measure("queued", 12.5);
  EXPECT_THAT(host_.figures, ElementsAre(std::pair("queued", 12.5)));
}

TEST_F(PluginSinkTest, WhatThePluginTakesBackIsItsOwnProblemAlone) {
  script_.concern = "it is not signed";
  opened();
  script_.context->report("a small thing");
  script_.context->report({});
  EXPECT_THAT(host_.problems, ElementsAre("it is not signed", "it is not signed; a small thing",
                                          "it is not signed"));
}

// What a plugin of today has to do with a host that was built when there were no figures.
TEST(PluginContext, MeasuresNothingWhereTheHostIsOfVersion10) {
  static int measured = 0;
  penstock_sink_host host{};
  host.measure = [](void*, penstock_text, double) { ++measured; };
  host.size = offsetof(penstock_sink_host, measure);
  detail::HostContext(host).measure("queued", 1);
  EXPECT_EQ(measured, 0);
  host.size = sizeof host;
  detail::HostContext(host).measure("queued", 1);
  EXPECT_EQ(measured, 1);
  host.measure = nullptr;
  detail::HostContext(host).measure("queued", 1);
}

TEST_F(PluginSinkTest, NoBatchesInFlightAreOne) {
  script_.needs = {.max_in_flight = 0};
  EXPECT_EQ(sink().needs().max_in_flight, 1u);
}

TEST_F(PluginSinkTest, OpenAndFlushThatFailOrThrowSayWhy) {
  script_.open = [](SinkContext&) { return Status::failure("shut"); };
  EXPECT_EQ(sink().open(host_).errors().front().message, "shut");
  script_.open = [](SinkContext&) -> Status { throw std::runtime_error("slammed"); };
  EXPECT_EQ(sink().open(host_).errors().front().message, "slammed");
  script_.open = [](SinkContext&) { return Status(); };
  EXPECT_TRUE(sink().open(host_).ok());
  script_.flush = [] { return Status::failure("clogged"); };
  EXPECT_EQ(sink().flush().errors().front().message, "clogged");
  script_.flush = []() -> Status { throw 7; };
  EXPECT_EQ(sink().flush().errors().front().message, "an exception of no known type");
  script_.flush = [] { return Status(); };
  EXPECT_TRUE(sink().flush().ok());
}

TEST_F(PluginSinkTest, AFailureWithoutWordsSaysWhichCallItWas) {
  const auto fail = [](void*, std::int64_t, penstock_text*) -> std::int32_t { return 99; };
  PluginSink& spoilt = opened([&](penstock_sink& c) { c.flush = fail; });
  EXPECT_EQ(spoilt.flush().errors().front().message, "its flush() failed and gave no reason");
}

TEST_F(PluginSinkTest, DeadlinesAreAheadByTheTimeoutAndNeverOverflow) {
  static std::int64_t deadline = 0;
  const Spoil keep = [](penstock_sink& c) {
    c.flush = [](void*, std::int64_t given, penstock_text*) -> std::int32_t {
      deadline = given;
      return PENSTOCK_OK;
    };
  };
  const auto now = [] { return std::chrono::steady_clock::now().time_since_epoch(); };
  const std::chrono::nanoseconds before = now();
  EXPECT_TRUE(opened(keep).flush().ok());
  EXPECT_GE(deadline, (before + 5s).count());
  EXPECT_LE(deadline, (now() + 5s).count());
  PluginSink endless(std::make_shared<Provider<ScriptedSink>>(Value::Object{}, keep),
                     std::chrono::nanoseconds::max());
  EXPECT_TRUE(endless.open(host_).ok());
  EXPECT_TRUE(endless.flush().ok());
  EXPECT_EQ(deadline, INT64_MAX);
}

TEST_F(PluginSinkTest, ControlCloseAndDestroyArriveOnce) {
  opened().control(SinkControl::reopen);
  sink().control(SinkControl::rotate);
  EXPECT_THAT(script_.controls, ElementsAre(SinkControl::reopen, SinkControl::rotate));
  sink().close();
  EXPECT_EQ(script_.closed, 1);
  EXPECT_EQ(script_.destroyed, 0);
  sink_.reset();
  EXPECT_EQ(script_.destroyed, 1);
}

TEST_F(PluginSinkTest, ARequestThatIsNotKnownIsIgnored) {
  opened([](penstock_sink& c) { c.control(c.instance.self, 12); });
  EXPECT_THAT(script_.controls, IsEmpty());
}

TEST_F(PluginSinkTest, OneThatCouldNotBeMadeSaysWhyWhenItIsOpened) {
  PluginSink unmade(std::make_shared<Provider<NeverMade>>(Value::Object{{"why", "no such colour"}}),
                    5s);
  EXPECT_EQ(unmade.needs().max_in_flight, 1u);
  const Status opened = unmade.open(host_);
  EXPECT_EQ(opened.errors().front().message, "no such colour");
}

}  // namespace
}  // namespace penstock::plugin::test
