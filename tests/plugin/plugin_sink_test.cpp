// SPDX-License-Identifier: Apache-2.0
// A sink behind the boundary behaves as the same sink would without it: PluginSink on the host's
// side, penstock/plugin/sink.hpp on the plugin's, in one process.
#include "plugin/plugin_sink.hpp"

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

#include "penstock/plugin/sink.hpp"
#include "plugin/instance_config.hpp"
#include "support/wait.hpp"

namespace penstock::plugin::test {
namespace {

using penstock::test::Signal;
using testing::ElementsAre;
using testing::IsEmpty;
using namespace std::chrono_literals;

// What the sink behind the boundary does, and what it saw. One at a time: of the test that runs.
struct Script {
  std::function<Status(SinkContext&)> open = [](SinkContext&) { return Status(); };
  std::function<WriteResult(const Batch&)> write = [](const Batch&) { return WriteResult::ok(); };
  std::function<Status()> flush = [] { return Status(); };
  Sink::Needs needs{};
  std::vector<SinkControl> controls{};
  int closed = 0;
  int destroyed = 0;
  SinkContext* context = nullptr;
};
Script* script = nullptr;

class ScriptedSink final : public Sink {
 public:
  ~ScriptedSink() override { ++script->destroyed; }
  Needs needs() const noexcept override { return script->needs; }
  Status open(SinkContext& context) override {
    script->context = &context;
    return script->open(context);
  }
  WriteResult write(const Batch& batch) override { return script->write(batch); }
  Status flush() override { return script->flush(); }
  void control(SinkControl request) override { script->controls.push_back(request); }
  void close() override { ++script->closed; }
};

class NeverMade final : public Sink {
 public:
  explicit NeverMade(const Config& config) { throw std::runtime_error(config.text("why")); }
  Status open(SinkContext&) override { return {}; }
  WriteResult write(const Batch&) override { return WriteResult::ok(); }
};

// Spoils what the SDK has made before the host sees it.
using Spoil = std::function<void(penstock_sink&)>;

template <class S>
class Provider final : public SinkProvider {
 public:
  explicit Provider(Value options = Value::Object{}, Spoil spoil = {})
      : config_(std::move(options)), spoil_(std::move(spoil)) {}
  Result<penstock_sink*> create() override {
    penstock_text error{};
    penstock_instance* const made =
        detail::sink_factory<S>("scripted")->create("scripted", &config_.c(), &error);
    if (made == nullptr) return Error{.message = std::string(detail::text_of(error))};
    auto* const sink = reinterpret_cast<penstock_sink*>(made);
    if (spoil_) spoil_(*sink);
    return sink;
  }

 private:
  InstanceConfig config_;
  Spoil spoil_;
};

class Host final : public SinkContext {
 public:
  std::string_view sink_name() const noexcept override { return "out"; }
  std::int64_t now_ns() const noexcept override { return 42; }
  std::uint32_t max_in_flight() const noexcept override { return 7; }
  void settle(std::uint64_t token, WriteResult result) override {
    std::lock_guard lock(mutex_);
    answers.emplace_back(token, std::move(result));
  }
  void report(std::string_view problem) override { problems.emplace_back(problem); }

  std::vector<std::pair<std::uint64_t, WriteResult>> answers{};
  std::vector<std::string> problems{};

 private:
  std::mutex mutex_{};
};

class PluginSinkTest : public testing::Test {
 protected:
  PluginSinkTest() { script = &script_; }
  ~PluginSinkTest() override {
    sink_.reset();
    script = nullptr;
  }

  PluginSink& sink(Spoil spoil = {}) {
    if (!sink_) {
      sink_.emplace(std::make_shared<Provider<ScriptedSink>>(Value::Object{}, std::move(spoil)),
                    5s);
    }
    return *sink_;
  }
  PluginSink& opened(Spoil spoil = {}) {
    EXPECT_TRUE(sink(std::move(spoil)).open(host_).ok());
    return sink();
  }
  // A batch of `count` events that nobody looks at.
  static Batch batch(std::size_t count) { return Batch({.id = 3, .token = 9, .count = count}); }
  WriteResult answer_to(std::size_t count, WriteResult result) {
    script_.write = [&](const Batch&) { return result; };
    return opened().write(batch(count));
  }
  // Of a plugin that fills in the answer by itself.
  WriteResult answer_of_c(void (*write)(void*, const penstock_batch*, penstock_answer*)) {
    return opened([&](penstock_sink& c) { c.write = write; }).write(batch(2));
  }

  Script script_{};
  Host host_{};
  std::optional<PluginSink> sink_{};
};

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
  EXPECT_THAT(seen.reason(), testing::HasSubstr("77"));
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

// ---- batches

// An event of a later version: longer than the one that the plugin was built with.
struct LaterEvent {
  penstock_event event{};
  std::array<std::uint64_t, 5> news{};
};

class PluginBatchTest : public PluginSinkTest {
 protected:
  PluginBatchTest() {
    fields_[0] = {c_text("price"), value(PENSTOCK_F64)};
    fields_[0].value.as.f64 = 1.5;
    fields_[1] = {c_text("side"), value(PENSTOCK_TEXT)};
    fields_[1].value.as.text = c_text("buy");
    fields_[2] = {c_text("open"), value(PENSTOCK_BOOLEAN)};
    fields_[2].value.as.boolean = 1;
    fields_[3] = {c_text("delta"), value(PENSTOCK_I64)};
    fields_[3].value.as.i64 = -3;
    fields_[4] = {c_text("id"), value(PENSTOCK_U64)};
    fields_[4].value.as.u64 = UINT64_MAX;
    trace_.trace_id[15] = 0xfe;
    trace_.span_id[0] = 0x01;
    penstock_event& first = events_[0].event;
    first.time_ns = 1'700'000'000'000'000'000;
    first.level = PENSTOCK_LEVEL_ERROR;
    first.line = 12;
    first.logger = c_text("orders");
    first.message = c_text("filled");
    first.file = c_text("a.cpp");
    first.function = c_text("fill");
    first.thread_id = 77;
    first.thread_name = c_text("main");
    first.name = c_text("order.filled");
    first.producer = 5;
    first.fields = fields_.data();
    first.field_count = fields_.size();
    first.tags = tags_.data();
    first.tag_count = tags_.size();
    first.trace = &trace_;
    events_[1].event.message = c_text("second");
    events_[2].event.message = c_text("third");
    for (LaterEvent& each : events_) each.news.fill(0xdeadbeef);
  }
  static penstock_text c_text(std::string_view text) { return penstock::detail::c_text(text); }
  static penstock_value value(std::uint32_t type) {
    penstock_value value{};
    value.type = type;
    return value;
  }
  Batch whole() const {
    return Batch({.id = 3,
                  .token = 9,
                  .count = events_.size(),
                  .offset = 4,
                  .attempt = 2,
                  .events = &events_[0].event,
                  .event_stride = sizeof(LaterEvent),
                  .encoded = "a\nbb\nc\n",
                  .ends = ends_,
                  .first_time_ns = 1'700'000'000'000'000'000});
  }

  std::array<penstock_field, 5> fields_{};
  std::array<penstock_text, 2> tags_{c_text("alert"), c_text("eu")};
  penstock_trace trace_{};
  std::array<LaterEvent, 3> events_{};
  std::array<std::uint32_t, 3> ends_{2, 5, 7};
};

TEST_F(PluginBatchTest, ArrivesWhole) {
  bool seen = false;
  script_.write = [&](const Batch& batch) {
    seen = true;
    EXPECT_EQ(batch.id(), 3u);
    EXPECT_EQ(batch.token(), 9u);
    EXPECT_EQ(batch.offset(), 4u);
    EXPECT_EQ(batch.size(), 3u);
    EXPECT_EQ(batch.attempt(), 2u);
    EXPECT_EQ(batch.first_time_ns(), 1'700'000'000'000'000'000);
    EXPECT_EQ(batch.encoded(), "a\nbb\nc\n");
    EXPECT_THAT(batch.encoded_ends(), ElementsAre(2, 5, 7));
    return WriteResult::ok();
  };
  EXPECT_EQ(opened().write(whole()).kind(), WriteResult::Kind::ok);
  EXPECT_TRUE(seen);
}

TEST_F(PluginBatchTest, EventsOfALaterVersionLieFurtherApart) {
  std::vector<std::string> messages;
  script_.write = [&](const Batch& batch) {
    for (const EventView& event : batch.events()) messages.emplace_back(event.message);
    EXPECT_EQ(batch.events().back().message, "third");
    return WriteResult::ok();
  };
  EXPECT_EQ(opened().write(whole()).kind(), WriteResult::Kind::ok);
  EXPECT_THAT(messages, ElementsAre("filled", "second", "third"));
}

TEST_F(PluginBatchTest, EventsShowAllTheyHave) {
  script_.write = [&](const Batch& batch) {
    const EventView event = batch.events().front();
    EXPECT_EQ(event.time_ns, 1'700'000'000'000'000'000);
    EXPECT_EQ(event.level, Level::error);
    EXPECT_EQ(event.line, 12u);
    EXPECT_EQ(event.logger, "orders");
    EXPECT_EQ(event.file, "a.cpp");
    EXPECT_EQ(event.function, "fill");
    EXPECT_EQ(event.thread_id, 77u);
    EXPECT_EQ(event.thread_name, "main");
    EXPECT_EQ(event.event, "order.filled");
    EXPECT_EQ(event.producer, 5u);
    EXPECT_EQ(event.fields.size(), 5u);
    EXPECT_EQ(event.fields[0], (FieldView{"price", penstock::Value(1.5)}));
    EXPECT_EQ(event.fields[1], (FieldView{"side", penstock::Value(std::string_view("buy"))}));
    EXPECT_EQ(event.fields[2], (FieldView{"open", penstock::Value(true)}));
    EXPECT_EQ(event.fields[3], (FieldView{"delta", penstock::Value(std::int64_t{-3})}));
    EXPECT_EQ(event.fields[4], (FieldView{"id", penstock::Value(UINT64_MAX)}));
    EXPECT_THAT(std::vector<std::string_view>(event.tags.begin(), event.tags.end()),
                ElementsAre("alert", "eu"));
    EXPECT_TRUE(event.trace.has_value());
    EXPECT_EQ(event.trace->trace_id[15], 0xfe);
    EXPECT_EQ(event.trace->span_id[0], 0x01);
    const EventView second = batch.events()[1];
    EXPECT_FALSE(second.trace.has_value());
    EXPECT_TRUE(second.fields.empty());
    EXPECT_TRUE(second.tags.empty());
    return WriteResult::ok();
  };
  EXPECT_EQ(opened().write(whole()).kind(), WriteResult::Kind::ok);
}

TEST_F(PluginBatchTest, WhatWasNotAskedForIsEmpty) {
  script_.write = [&](const Batch& batch) {
    EXPECT_EQ(batch.size(), 2u);
    EXPECT_TRUE(batch.events().empty());
    EXPECT_TRUE(batch.encoded().empty());
    EXPECT_TRUE(batch.encoded_ends().empty());
    return WriteResult::ok();
  };
  EXPECT_EQ(opened().write(batch(2)).kind(), WriteResult::Kind::ok);
}

}  // namespace
}  // namespace penstock::plugin::test
