// SPDX-License-Identifier: Apache-2.0
// Text with values of the event put in.
#include "penstock/plugin/template.hpp"

#include <cstdint>
#include <limits>
#include <stdexcept>
#include <string>

#include <gmock/gmock.h>

// These must not mind what template.hpp has declared before.
#include "penstock/plugin/config.hpp"
#include "penstock/plugin/testing.hpp"
#include "penstock/testing.hpp"

namespace penstock::plugin::test {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

penstock::testing::OwnedEvent full_event() {
  return {.time_ns = 1'769'817'600'000'000'000,  // 2026-01-31T00:00:00Z
          .level = Level::warning,
          .logger = "orders.book",
          .message = "filled {}",
          .file = "book.cpp",
          .function = "fill",
          .line = 7,
          .thread_id = 4711,
          .thread_name = "io",
          .event = "order_filled",
          .fields = {{"region", std::string("eu")},
                     {"count", std::int64_t{-3}},
                     {"most", std::numeric_limits<std::uint64_t>::max()},
                     {"price", 0.1},
                     {"is_last", true},
                     {"region", std::string("us")}},
          .trace = TraceContext{.trace_id = {0xab, 1}, .span_id = {0xcd, 2}},
          .producer = 9};
}

std::string filled(std::string_view text, const penstock::testing::OwnedEvent& event) {
  const penstock::testing::OwnedBatch batch({event});
  return Template(text).of(batch.view().events()[0]);
}

TEST(Template, PutsInEveryValueOfAnEvent) {
  const auto event = full_event();
  EXPECT_EQ(filled("{logger}|{level}|{message}|{event}", event),
            "orders.book|WARNING|filled {}|order_filled");
  EXPECT_EQ(filled("{thread}|{thread_id}|{producer}", event), "io|4711|9");
  EXPECT_EQ(filled("{file}:{line} {function}", event), "book.cpp:7 fill");
  EXPECT_EQ(filled("{trace_id}-{span_id}", event),
            "ab010000000000000000000000000000-cd02000000000000");
  EXPECT_EQ(filled("{date}", event), "2026-01-31");
}

TEST(Template, PutsInFieldsOfEveryTypeAndOfSeveralTheLast) {
  EXPECT_EQ(filled("{field.region} {field.count} {field.most} {field.price} {field.is_last}",
                   full_event()),
            "us -3 18446744073709551615 0.1 true");
}

TEST(Template, WhatAnEventDoesNotHaveIsEmpty) {
  EXPECT_EQ(filled("<{event}{line}{trace_id}{span_id}{field.none}>", {}), "<>");
}

TEST(Template, ADayBefore1970IsADay) { EXPECT_EQ(filled("{date}", {.time_ns = -1}), "1969-12-31"); }

TEST(Template, TwoBracesAreOne) {
  EXPECT_EQ(filled("{{{logger}}} }}{{", {.logger = "a"}), "{a} }{");
}

TEST(Template, WithoutAValueItIsConstant) {
  EXPECT_TRUE(Template("").is_constant());
  EXPECT_TRUE(Template("logs{{}}").is_constant());
  EXPECT_FALSE(Template("{logger}").is_constant());
}

TEST(Template, DependsOnWhatItNames) {
  EXPECT_TRUE(Template("a{{}}").depends_only_on({}));
  EXPECT_FALSE(Template("{logger}").depends_only_on({}));
  EXPECT_TRUE(Template("{logger}").depends_only_on({"logger"}));
  EXPECT_TRUE(Template("{event}-{logger}").depends_only_on({"logger", "event"}));
  EXPECT_FALSE(Template("{event}-{level}").depends_only_on({"logger", "event"}));
  EXPECT_FALSE(Template("{field.logger}").depends_only_on({"logger", "field", "field.logger"}));
}

TEST(Template, SaysWhatIsWrongAndWhatThereIs) {
  const auto made_of = [](std::string_view text) { return [text] { Template made(text); }; };
  EXPECT_THAT(made_of("a-{loger}"),
              ThrowsMessage<std::invalid_argument>(
                  AllOf(HasSubstr("'a-{loger}'"), HasSubstr("{loger}"), HasSubstr("{logger}"))));
  EXPECT_THAT(made_of("{field.}"), ThrowsMessage<std::invalid_argument>(HasSubstr("{field.NAME}")));
  EXPECT_THAT(made_of("ab{logger"), ThrowsMessage<std::invalid_argument>(
                                        AllOf(HasSubstr("character 3"), HasSubstr("'{{'"))));
  EXPECT_THAT(made_of("a}"), ThrowsMessage<std::invalid_argument>(
                                 AllOf(HasSubstr("character 2"), HasSubstr("'}}'"))));
}

}  // namespace
}  // namespace penstock::plugin::test
