// SPDX-License-Identifier: Apache-2.0
// The in-memory sink of penstock/testing.hpp.
#include <array>
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
  const std::array<FieldView, 3> fields = {
      {{"id", Value(std::int64_t{1})}, {"venue", Value(true)}, {"id", Value(std::int64_t{2})}}};
  EventView view;
  view.fields = fields;
  const OwnedEvent event = penstock::testing::own(view);
  ASSERT_NE(event.field("id"), nullptr);
  EXPECT_EQ(*event.field("id"), OwnedValue(std::int64_t{2}));
  EXPECT_EQ(*event.field("venue"), OwnedValue(true));
  EXPECT_EQ(event.field("other"), nullptr);
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
