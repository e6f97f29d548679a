// SPDX-License-Identifier: Apache-2.0
#include "event/record.hpp"

#include <gtest/gtest.h>

#include "event/context.hpp"
#include "event/fields.hpp"
#include "event/records.hpp"

namespace penstock::event {
namespace {

TEST(Record, HasItsHeader) {
  auto& site = new_site_for("{}", 1);
  const Record record(site, detail::flag_suppressed, {}, 1);
  const RecordView view = read_record(record.data());
  EXPECT_EQ(view.ticks, 1234u);
  EXPECT_EQ(view.site, &site);
  EXPECT_EQ(view.size, 32u);
  EXPECT_EQ(view.logger_id, 7u);
  EXPECT_EQ(view.level, Level::warning);
  EXPECT_TRUE(view.has(detail::flag_suppressed));
  EXPECT_FALSE(view.has(detail::flag_has_context));
  EXPECT_FALSE(view.has(detail::flag_formatted));
  EXPECT_TRUE(view.context.empty());
  EXPECT_EQ(view.args, record.data() + 24);
  EXPECT_EQ(view.args_bytes, 8u);
}

TEST(Record, HasItsContext) {
  std::string items;
  ContextWriter(items).add_tag("tag");
  const Record record(new_site_for("{}", 1), 0, items, 1);
  const RecordView view = read_record(record.data());
  EXPECT_TRUE(view.has(detail::flag_has_context));
  ContextView context;
  ASSERT_TRUE(parse_context(view.context, context));
  EXPECT_EQ(context.tags.at(0), "tag");
  EXPECT_EQ(load64(view.args), 1u);
}

TEST(Fields, OfTheContextComeBeforeThoseOfTheCall) {
  const float narrow = 0.5f;
  const Record record(
      new_site_for("{} {} {}", field("i", -1), 1, field("u", 2u), "text", field("d", narrow),
                   Point{}, field("b", true), field(text_key("made"), "here")),
      0, {}, field("i", -1), 1, field("u", 2u), "text", field("d", narrow), Point{},
      field("b", true), field(text_key("made"), "here"));
  EventParts parts = parts_of(record);
  const FieldView context[] = {{"request", Value(std::string_view("r1"))}};
  parts.context_fields = context;
  std::vector<FieldView> fields;
  collect_fields(parts, fields);
  const std::vector<FieldView> expected = {{"request", Value(std::string_view("r1"))},
                                           {"i", Value(std::int64_t{-1})},
                                           {"u", Value(std::uint64_t{2})},
                                           {"d", Value(0.5)},
                                           {"b", Value(true)},
                                           {"made", Value(std::string_view("here"))}};
  EXPECT_EQ(fields, expected);
}

TEST(Fields, OfEqualKeysTheLastHolds) {
  std::vector<FieldView> fields = {
      {"a", Value(std::int64_t{1})}, {"b", Value(std::int64_t{2})}, {"a", Value(std::int64_t{3})}};
  drop_shadowed(fields);
  EXPECT_EQ(fields,
            (std::vector<FieldView>{{"b", Value(std::int64_t{2})}, {"a", Value(std::int64_t{3})}}));
}

TEST(Fields, ManyEqualKeysTakeNoLongerThanSorting) {
  std::vector<std::string> keys;
  for (int i = 0; i < 50'000; ++i) keys.push_back("key" + std::to_string(i % 20'000));
  std::vector<FieldView> fields;
  for (std::size_t i = 0; i < keys.size(); ++i) {
    fields.push_back({keys[i], Value(static_cast<std::uint64_t>(i))});
  }
  drop_shadowed(fields);
  ASSERT_EQ(fields.size(), 20'000u);
  EXPECT_EQ(fields.front().value.u64(), 30'000u);  // those of the last 20'000, in order
  EXPECT_EQ(fields.back().value.u64(), 49'999u);
}

}  // namespace
}  // namespace penstock::event
