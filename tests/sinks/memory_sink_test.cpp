// SPDX-License-Identifier: Apache-2.0
// The in-memory sink of penstock/testing.hpp.
#include <chrono>
#include <future>
#include <memory>

#include "penstock/testing.hpp"
#include "support.hpp"

namespace penstock::sinks::testing {
namespace {

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

}  // namespace
}  // namespace penstock::sinks::testing
