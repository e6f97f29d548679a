// SPDX-License-Identifier: Apache-2.0
// Batches on their way over the boundary: all that the events have arrives, also of a later
// version's.
#include <array>
#include <cstring>
#include <optional>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "plugin_sink_support.hpp"

namespace penstock::plugin::test {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using namespace std::chrono_literals;

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
