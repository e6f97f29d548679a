// SPDX-License-Identifier: Apache-2.0
#include "event/context.hpp"

#include <deque>

#include <gtest/gtest.h>

#include "event/random.hpp"
#include "penstock/detail/record.hpp"

namespace penstock::event {
namespace {

std::span<const std::byte> bytes_of(const std::string& items) {
  return std::as_bytes(std::span(items));
}

TEST(Context, GivesBackWhatWasWritten) {
  std::string items;
  ContextWriter writer(items);
  TraceContext trace;
  trace.trace_id[0] = 0xAB;
  trace.span_id[7] = 0xCD;
  writer.add_destinations(5, 2);
  writer.add_tag("security");
  writer.add_tag("");
  writer.add_event("login");
  writer.add_trace(trace);
  writer.add_field({"i", Value(std::int64_t{-1})});
  writer.add_field({"u", Value(std::uint64_t{1})});
  writer.add_field({"d", Value(0.1)});
  writer.add_field({"b", Value(true)});
  writer.add_field({"t", Value(std::string_view("text"))});
  writer.add_logger("orders");
  writer.add_time(-5);
  writer.add_truncated(99);

  ContextView view;
  ASSERT_TRUE(parse_context(bytes_of(items), view));
  EXPECT_TRUE(view.has_destinations);
  EXPECT_EQ(view.destinations, 5u);
  EXPECT_EQ(view.unknown_destinations, 2u);
  EXPECT_EQ(view.tags, (std::vector<std::string_view>{"security", ""}));
  EXPECT_EQ(view.event, "login");
  EXPECT_EQ(view.trace, trace);
  const std::vector<FieldView> fields = {{"i", Value(std::int64_t{-1})},
                                         {"u", Value(std::uint64_t{1})},
                                         {"d", Value(0.1)},
                                         {"b", Value(true)},
                                         {"t", Value(std::string_view("text"))}};
  EXPECT_EQ(view.fields, fields);
  EXPECT_EQ(view.logger, "orders");
  EXPECT_EQ(view.time_ns, -5);
  EXPECT_EQ(view.truncated_bytes, 99u);
}

TEST(Context, OfWhatAnEventHasOnceTheLastHolds) {
  std::string items;
  ContextWriter writer(items);
  writer.add_event("first");
  writer.add_destinations(1, 1);
  writer.add_event("second");
  writer.add_destinations(2, 0);
  ContextView view;
  ASSERT_TRUE(parse_context(bytes_of(items), view));
  EXPECT_EQ(view.event, "second");
  EXPECT_EQ(view.destinations, 2u);
  EXPECT_EQ(view.unknown_destinations, 0u);
}

TEST(Context, ADeadLetterGoesAsItIsAndWhatGoesAsItIsNeedBeNoDeadLetter) {
  std::string items;
  ContextView view;
  ContextWriter(items).add_dead_letter();
  ASSERT_TRUE(parse_context(bytes_of(items), view));
  EXPECT_TRUE(view.dead_letter && view.as_is);
  items.clear();
  ContextWriter(items).add_as_is();
  ASSERT_TRUE(parse_context(bytes_of(items), view));
  EXPECT_TRUE(!view.dead_letter && view.as_is);
  ASSERT_TRUE(parse_context({}, view));
  EXPECT_FALSE(view.dead_letter || view.as_is);
}

TEST(Context, ForgetsTheEventBefore) {
  std::string items;
  ContextWriter writer(items);
  writer.add_destinations(1, 1);
  writer.add_event("event");
  writer.add_tag("tag");
  writer.add_field({"k", Value(true)});
  writer.add_trace({});
  writer.add_logger("logger");
  writer.add_time(1);
  writer.add_truncated(1);
  ContextView view;
  ASSERT_TRUE(parse_context(bytes_of(items), view));
  ASSERT_TRUE(parse_context({}, view));
  EXPECT_FALSE(view.has_destinations);
  EXPECT_TRUE(view.event.empty() && view.tags.empty() && view.fields.empty());
  EXPECT_FALSE(view.trace.has_value() || view.time_ns.has_value());
  EXPECT_TRUE(view.logger.empty());
  EXPECT_EQ(view.truncated_bytes, 0u);
}

// Cut anywhere, and with any byte changed: never a read past the end, and what is cut is refused.
TEST(Context, RefusesWhatIsNoListOfItems) {
  Random random;
  for (int i = 0; i < rounds(300); ++i) {
    std::string items;
    ContextWriter writer(items);
    writer.add_tag(random.text());
    writer.add_field({"key", Value(random.f64())});
    const std::string value = random.text();
    writer.add_field({random.plain_text(), Value(std::string_view(value))});
    writer.add_trace({});
    const std::size_t last = items.size();
    writer.add_destinations(random.bits(), 3);
    ContextView view;
    for (std::size_t cut = last + 1; cut < items.size(); ++cut) {
      const std::string part = items.substr(0, cut);
      ASSERT_FALSE(parse_context(bytes_of(part), view));
      ASSERT_EQ(view.tags.size(), 1u);
      ASSERT_FALSE(view.has_destinations);
    }
    for (int change = 0; change < 50; ++change) {
      std::string changed = items.substr(0, random.below(items.size()));
      if (!changed.empty())
        changed[random.below(changed.size())] = static_cast<char>(random.bits());
      parse_context(bytes_of(changed), view);
    }
  }
}

TEST(Context, RefusesUnknownKindsAndTypes) {
  ContextView view;
  EXPECT_FALSE(parse_context(bytes_of(std::string("\x0a", 1)), view));
  EXPECT_FALSE(parse_context(bytes_of(std::string("\xff", 1)), view));
  std::string items;
  ContextWriter(items).add_field({"k", Value(true)});
  items[6] = 5;  // the type
  EXPECT_FALSE(parse_context(bytes_of(items), view));
  EXPECT_TRUE(view.fields.empty());
}

}  // namespace
}  // namespace penstock::event
