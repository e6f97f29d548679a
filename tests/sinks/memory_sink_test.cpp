// SPDX-License-Identifier: Apache-2.0
// What tests are made of: penstock/testing.hpp and penstock/plugin/testing.hpp.
#include <chrono>
#include <future>
#include <memory>

#include "penstock/plugin/testing.hpp"
#include "penstock/testing.hpp"
#include "support.hpp"

namespace penstock::sinks::testing {
namespace {

using penstock::testing::FakeConfig;
using penstock::testing::FakeContext;
using penstock::testing::MemorySink;
using penstock::testing::OwnedEvent;
using penstock::testing::OwnedValue;

TEST(MemorySink, FindsTheLastOfEqualKeysAsEveryFormatDoes) {
  const penstock::testing::OwnedBatch batch(
      {{.fields = {{"id", std::int64_t{1}}, {"venue", true}, {"id", std::int64_t{2}}}}});
  const OwnedEvent event = penstock::testing::own(batch.view().events()[0]);
  ASSERT_NE(event.field("id"), nullptr);
  EXPECT_EQ(*event.field("id"), OwnedValue(std::int64_t{2}));
  EXPECT_EQ(*event.field("venue"), OwnedValue(true));
  EXPECT_EQ(event.field("other"), nullptr);
}

TEST(OwnedBatch, SaysAllThatItWasMadeOf) {
  OwnedEvent event{.time_ns = 7,
                   .level = Level::error,
                   .logger = "orders.book",
                   .message = "slow venue",
                   .file = "book.cpp",
                   .function = "fill",
                   .line = 12,
                   .thread_id = 99,
                   .thread_name = "io",
                   .event = "slow",
                   .fields = {{"i", std::int64_t{-1}},
                              {"u", std::uint64_t{1}},
                              {"d", 1.5},
                              {"b", true},
                              {"t", std::string("text")}},
                   .tags = {"a", "b"},
                   .trace = TraceContext{.trace_id = {1, 2}, .span_id = {3}},
                   .producer = 5};
  penstock::testing::OwnedBatch first({event, {}});
  const penstock::testing::OwnedBatch batch = std::move(first);
  ASSERT_EQ(batch.view().size(), 2u);
  const OwnedEvent seen = penstock::testing::own(batch.view().events().front());
  EXPECT_EQ(seen.time_ns, event.time_ns);
  EXPECT_EQ(seen.level, event.level);
  EXPECT_EQ(seen.logger, event.logger);
  EXPECT_EQ(seen.message, event.message);
  EXPECT_EQ(seen.file, event.file);
  EXPECT_EQ(seen.function, event.function);
  EXPECT_EQ(seen.line, event.line);
  EXPECT_EQ(seen.thread_id, event.thread_id);
  EXPECT_EQ(seen.thread_name, event.thread_name);
  EXPECT_EQ(seen.event, event.event);
  EXPECT_EQ(seen.fields, event.fields);
  EXPECT_EQ(seen.tags, event.tags);
  EXPECT_EQ(seen.trace, event.trace);
  EXPECT_EQ(seen.producer, event.producer);
  EXPECT_FALSE(batch.view().events().back().trace.has_value());
}

TEST(MemorySink, WaitsForever) {
  using namespace std::chrono_literals;
  for (const auto timeout : {forever, forever - 1ns, std::chrono::nanoseconds(24h * 365 * 200)}) {
    const MemorySink seen;
    const std::unique_ptr<Sink> sink = seen.factory()();
    auto waiting = std::async(std::launch::async, [&] { return seen.wait_for(1, timeout); });
    EXPECT_EQ(waiting.wait_for(20ms), std::future_status::timeout);
    EXPECT_EQ(write_batch(*sink, {"a\n"}).kind(), WriteResult::Kind::ok);
    EXPECT_TRUE(waiting.get());
  }
}

TEST(MemorySink, SaysWhenTheTimeRanOut) {
  const MemorySink seen;
  EXPECT_FALSE(seen.wait_for(1, std::chrono::nanoseconds{0}));
  EXPECT_FALSE(seen.wait_for(1, std::chrono::nanoseconds{-1}));
  EXPECT_TRUE(seen.wait_for(0, forever));
}

// ---- for plugins

TEST(FakeConfig, AnswersAsTheOptionsOfASinkDo) {
  FakeConfig options({{"path", "/tmp/out"},
                      {"limit", 3},
                      {"ratio", 2.5},
                      {"strict", true},
                      {"brokers[0].host", "a"},
                      {"brokers[0].port", 1},
                      {"brokers[1].host", "b"}});
  options.duration("wait", std::chrono::milliseconds{5}).bytes("room", 64).json(R"({"limit":3})");
  const plugin::Config config = options.config();
  EXPECT_EQ(config.text("path"), "/tmp/out");
  EXPECT_EQ(config.integer("limit"), 3);
  EXPECT_EQ(config.number("ratio"), 2.5);
  EXPECT_TRUE(config.boolean("strict"));
  EXPECT_EQ(config.duration("wait"), std::chrono::milliseconds{5});
  EXPECT_EQ(config.bytes("room"), 64u);
  EXPECT_EQ(config.json(), R"({"limit":3})");
  EXPECT_EQ(config.count("brokers"), 2u);
  EXPECT_EQ(config.count("brokers[0]"), 2u);
  EXPECT_EQ(config.key("brokers[1]", 0), "host");
  EXPECT_EQ(config.text("brokers[1].host"), "b");
  EXPECT_EQ(config.count("none"), 0u);
  EXPECT_EQ(config.text("none", "fallback"), "fallback");
  EXPECT_EQ(config.integer("path", 7), 7);
}

TEST(FakeConfig, ASecretMayBeANewOneWhenItIsAskedForAgain) {
  FakeConfig options;
  const plugin::Config config = options.config();
  EXPECT_EQ(config.secret("token"), "");
  options.secret("token", "first");
  EXPECT_EQ(config.secret("token"), "first");
  options.secret("token", std::string(1000, 'x'));
  EXPECT_EQ(config.secret("token"), std::string(1000, 'x'));
}

TEST(FakeContext, KeepsWhatASinkSaysAndItsClockIsTheTests) {
  FakeContext context;
  const std::int64_t before = context.now_ns();
  context.advance(std::chrono::seconds{2});
  EXPECT_EQ(context.now_ns() - before, 2'000'000'000);
  context.report("the disk is slow");
  EXPECT_EQ(context.problem(), "the disk is slow");
  context.report({});
  EXPECT_EQ(context.problem(), "");
  EXPECT_FALSE(context.wait_for(1, std::chrono::nanoseconds{0}));
  auto other = std::async(std::launch::async, [&] { context.settle(4, WriteResult::ok()); });
  EXPECT_TRUE(context.wait_for(1, std::chrono::minutes{1}));
  EXPECT_EQ(context.settled().front().token, 4u);
  EXPECT_EQ(context.settled().front().result.kind(), WriteResult::Kind::ok);
}

}  // namespace
}  // namespace penstock::sinks::testing
