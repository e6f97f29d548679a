// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <cmath>
#include <limits>
#include <pthread.h>
#include <stdexcept>
#include <string>
#include <string_view>
#include <sys/syscall.h>
#include <thread>
#include <unistd.h>

#include <fmt/format.h>

#include "support/pipeline_test.hpp"

namespace {

struct Formatted {
  int x;
};
struct Deferred {
  int x;
  double y;
};
struct Throwing {};
struct DeferredThrowing {
  int x;
};
enum class Side { buy, sell };

}  // namespace

template <>
struct fmt::formatter<Formatted> : fmt::formatter<int> {
  auto format(const Formatted& value, fmt::format_context& context) const {
    return fmt::formatter<int>::format(value.x, context);
  }
};
template <>
struct fmt::formatter<Deferred> : fmt::formatter<std::string_view> {
  auto format(const Deferred& value, fmt::format_context& context) const {
    return fmt::format_to(context.out(), "({}, {})", value.x, value.y);
  }
};
template <>
struct fmt::formatter<Throwing> : fmt::formatter<std::string_view> {
  auto format(const Throwing&, fmt::format_context& context) const {
    throw std::runtime_error("no format");
    return context.out();
  }
};
template <>
struct fmt::formatter<DeferredThrowing> : fmt::formatter<std::string_view> {
  auto format(const DeferredThrowing&, fmt::format_context& context) const {
    throw std::runtime_error("no deferred format");
    return context.out();
  }
};
template <>
struct fmt::formatter<Side> : fmt::formatter<std::string_view> {
  auto format(Side value, fmt::format_context& context) const {
    return fmt::formatter<std::string_view>::format(value == Side::buy ? "buy" : "sell", context);
  }
};
template <>
inline constexpr bool penstock::deferred_copy<Deferred> = true;
template <>
inline constexpr bool penstock::deferred_copy<DeferredThrowing> = true;

namespace penstock::test {
namespace {

using namespace std::string_literals;
using penstock::testing::OwnedValue;

class LoggerTest : public PipelineTest {
 protected:
  // The events that were logged since the last call.
  std::vector<OwnedEvent> events() {
    EXPECT_TRUE(pipeline_.flush(patience));
    auto events = seen_.events();
    seen_.clear();
    return events;
  }
  std::string message() {
    const auto all = events();
    EXPECT_EQ(all.size(), 1u);
    return all.empty() ? std::string() : all.front().message;
  }
  OwnedEvent event() {
    const auto all = events();
    EXPECT_EQ(all.size(), 1u);
    return all.empty() ? OwnedEvent{} : all.front();
  }

  MemorySink seen_{};
  Pipeline& pipeline_ = start({seen_.options("memory")});
  Logger log_ = pipeline_.logger("orders.book");
};

TEST_F(LoggerTest, FormatsIntegersOfAllSizes) {
  log_.info("{} {} {} {} {} {} {} {}", std::int8_t{-8}, std::uint8_t{8}, std::int16_t{-16},
            std::uint16_t{16}, std::int32_t{-32}, std::uint32_t{32},
            std::numeric_limits<std::int64_t>::min(), std::numeric_limits<std::uint64_t>::max());
  EXPECT_EQ(message(), "-8 8 -16 16 -32 32 -9223372036854775808 18446744073709551615");
}

TEST_F(LoggerTest, FormatsFloatsBoolsCharactersAndPointersAsFmtDoes) {
  const float third = 1.0f / 3.0f;
  const void* const address = &seen_;
  log_.info("{} {} {} {} {} {} {}", third, 0.1, std::nan(""), true, 'c', address, nullptr);
  EXPECT_EQ(message(), fmt::format("{} {} {} {} {} {} {}", third, 0.1, std::nan(""), true, 'c',
                                   address, nullptr));
}

TEST_F(LoggerTest, CopiesTextOfAllKindsAndLengths) {
  for (const std::size_t size :
       {0u, 1u, 3u, 4u, 7u, 8u, 15u, 16u, 31u, 32u, 33u, 64u, 65u, 3000u}) {
    std::string text(size, '\0');
    for (std::size_t i = 0; i < size; ++i) text[i] = static_cast<char>('a' + i % 26);
    const std::string copy = text;
    const char* const c_string = copy.c_str();
    char array[4] = "abc";
    log_.info("{}|{}|{}|{}|{}", text, std::string_view(text), c_string, "literal", array);
    text.assign(size, '#');  // the event has its own copy
    array[0] = '#';
    EXPECT_EQ(message(), copy + '|' + copy + '|' + copy + "|literal|abc");
  }
}

TEST_F(LoggerTest, ShowsANullCStringAsNull) {
  const char* const none = nullptr;
  log_.info("{}", none);
  EXPECT_EQ(message(), "(null)");
}

TEST_F(LoggerTest, AppliesFormatSpecifications) {
  log_.info("{:>6}|{:06.2f}|{:#x}|{:^7}|{:{}}|{{}}", 42, 3.14159, 255, "mid", 7, 4);
  EXPECT_EQ(message(), "    42|003.14|0xff|  mid  |   7|{}");
}

TEST_F(LoggerTest, AppliesNumberedArguments) {
  log_.info("{1} {0} {1}", "a", "b");
  EXPECT_EQ(message(), "b a b");
}

TEST_F(LoggerTest, LogsAMessageWithoutArguments) {
  log_.info("plain");
  EXPECT_EQ(message(), "plain");
}

TEST_F(LoggerTest, FormatsUserTypesByTheCaller) {
  Formatted value{7};
  log_.info("{} and {:>4} and {}", value, value, Side::sell);
  value.x = 8;
  EXPECT_EQ(message(), "7 and    7 and sell");
}

TEST_F(LoggerTest, CopiesDeferredTypesAndFormatsThemLater) {
  Deferred value{1, 2.5};
  log_.info("at {} in {}", value, "time");
  value = {9, 9.5};
  EXPECT_EQ(message(), "at (1, 2.5) in time");
}

TEST_F(LoggerTest, SaysSoWhenAFormatterThrowsAtTheCaller) {
  log_.info("{}", Throwing{});
  EXPECT_NE(message().find("format error"), std::string::npos);
}

TEST_F(LoggerTest, SaysSoWhenAFormatterThrowsAtTheWorker) {
  log_.info("{} {}", DeferredThrowing{1}, 5);
  EXPECT_NE(message().find("format error"), std::string::npos);
}

TEST_F(LoggerTest, KeepsFieldsTyped) {
  log_.info("typed", field("i", -1), field("u", 1u), field("d", 12.5), field("f", 0.5f),
            field("b", true), field("s", "text"), field("t", "more text"s));
  const OwnedEvent seen = event();
  ASSERT_EQ(seen.fields.size(), 7u);
  EXPECT_EQ(seen.fields[0], std::pair("i"s, OwnedValue(std::int64_t{-1})));
  EXPECT_EQ(seen.fields[1], std::pair("u"s, OwnedValue(std::uint64_t{1})));
  EXPECT_EQ(seen.fields[2], std::pair("d"s, OwnedValue(12.5)));
  EXPECT_EQ(seen.fields[3], std::pair("f"s, OwnedValue(0.5)));
  EXPECT_EQ(seen.fields[4], std::pair("b"s, OwnedValue(true)));
  EXPECT_EQ(seen.fields[5], std::pair("s"s, OwnedValue("text"s)));
  EXPECT_EQ(seen.fields[6], std::pair("t"s, OwnedValue("more text"s)));
}

TEST_F(LoggerTest, TakesFieldsAmongTheArguments) {
  log_.info("{} of {}", field("first", 1), 2, field("between", "x"), 3, field("last", 4));
  const OwnedEvent seen = event();
  EXPECT_EQ(seen.message, "2 of 3");
  ASSERT_EQ(seen.fields.size(), 3u);
  EXPECT_EQ(seen.fields[0].first, "first");
  EXPECT_EQ(seen.fields[1].first, "between");
  EXPECT_EQ(seen.fields[2].first, "last");
}

TEST_F(LoggerTest, TakesFieldsBesideUserTypes) {
  log_.info("{}", Formatted{3}, field("after", 4), field(text_key("made"), "late"));
  const OwnedEvent seen = event();
  EXPECT_EQ(seen.message, "3");
  ASSERT_EQ(seen.fields.size(), 2u);
  EXPECT_EQ(*seen.field("after"), OwnedValue(std::int64_t{4}));
  EXPECT_EQ(*seen.field("made"), OwnedValue("late"s));
}

TEST_F(LoggerTest, CopiesFieldKeysThatAreMadeAtRunTime) {
  std::string key = "key_1";
  std::string value = "a value that is longer than a short string";
  log_.info("x", field(text_key(key), value));
  key = "gone!";
  value.assign(value.size(), '#');
  EXPECT_EQ(*event().field("key_1"), OwnedValue("a value that is longer than a short string"s));
}

TEST_F(LoggerTest, CapturesContextAtTheCallOfWith) {
  std::string id = "req-1";
  const Logger request = log_.with(field("request_id", id), field(text_key("n"), 5));
  id = "req-2";
  request.info("first {}", 1);
  request.info("second", field("own", true));
  log_.info("without");
  const auto seen = events();
  ASSERT_EQ(seen.size(), 3u);
  EXPECT_EQ(*seen[0].field("request_id"), OwnedValue("req-1"s));
  EXPECT_EQ(*seen[0].field("n"), OwnedValue(std::int64_t{5}));
  EXPECT_EQ(seen[0].message, "first 1");
  EXPECT_EQ(seen[1].fields.size(), 3u);
  EXPECT_TRUE(seen[2].fields.empty());
}

TEST_F(LoggerTest, AddsContextToContext) {
  const TraceContext trace{{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16},
                           {21, 22, 23, 24, 25, 26, 27, 28}};
  const Logger all =
      log_.with(field("a", 1)).tag("one").with(field("b", 2)).tag("two").event("named").with(trace);
  all.info("full");
  const OwnedEvent seen = event();
  EXPECT_EQ(seen.fields.size(), 2u);
  EXPECT_EQ(seen.tags, (std::vector{"one"s, "two"s}));
  EXPECT_EQ(seen.event, "named");
  EXPECT_EQ(seen.trace, trace);
}

TEST_F(LoggerTest, HasNoTraceNoTagsAndNoEventByDefault) {
  log_.info("bare");
  const OwnedEvent seen = event();
  EXPECT_FALSE(seen.trace.has_value());
  EXPECT_TRUE(seen.tags.empty());
  EXPECT_TRUE(seen.event.empty());
  EXPECT_TRUE(seen.fields.empty());
}

TEST_F(LoggerTest, RecordsThePlaceOfTheCall) {
  const auto line = static_cast<std::uint32_t>(__LINE__ + 1);
  log_.warning("here");
  const OwnedEvent seen = event();
  EXPECT_EQ(seen.line, line);
  EXPECT_NE(seen.file.find("logger_test.cpp"), std::string::npos);
  EXPECT_EQ(seen.function, __func__);
}

TEST_F(LoggerTest, TellsTwoCallsOfTheSameShapeApart) {
  for (int i = 0; i < 2; ++i) {
    log_.info("same {}", i);
    log_.info("same {}", i);
  }
  const auto seen = events();
  ASSERT_EQ(seen.size(), 4u);
  EXPECT_EQ(seen[0].line + 1, seen[1].line);
  EXPECT_EQ(seen[0].line, seen[2].line);
}

TEST_F(LoggerTest, RecordsLevelLoggerAndTime) {
  const auto now = [] {
    return std::chrono::duration_cast<std::chrono::nanoseconds>(
               std::chrono::system_clock::now().time_since_epoch())
        .count();
  };
  const auto before = now();
  log_.trace("t");
  log_.debug("d");
  log_.info("i");
  log_.warning("w");
  log_.error("e");
  log_.critical("c");
  const auto after = now();
  const auto seen = events();
  ASSERT_EQ(seen.size(), 6u);
  constexpr std::int64_t clock_slack_ns = 20'000'000;
  for (std::size_t i = 0; i < seen.size(); ++i) {
    EXPECT_EQ(seen[i].level, static_cast<Level>(i));
    EXPECT_EQ(seen[i].logger, "orders.book");
    EXPECT_GE(seen[i].time_ns, before - clock_slack_ns);
    EXPECT_LE(seen[i].time_ns, after + clock_slack_ns);
  }
}

TEST_F(LoggerTest, RecordsTheThread) {
  std::uint64_t id = 0;
  std::thread([&] {
    pthread_setname_np(pthread_self(), "fifteen-letters");
    id = static_cast<std::uint64_t>(syscall(SYS_gettid));
    log_.info("from a thread");
  }).join();
  const OwnedEvent seen = event();
  EXPECT_EQ(seen.thread_id, id);
  EXPECT_EQ(seen.thread_name, "fifteen-letters");
}

TEST_F(LoggerTest, GivesTheSameLoggerForTheSameName) {
  pipeline_.logger("same").info("1");
  pipeline_.logger("same").info("2");
  pipeline_.logger("").info("3");
  EXPECT_EQ(pipeline_.logger("same").name(), "same");
  const auto seen = events();
  ASSERT_EQ(seen.size(), 3u);
  EXPECT_EQ(seen[1].logger, "same");
  EXPECT_EQ(seen[2].logger, "");
}

TEST_F(LoggerTest, MayBeCopiedAndUsedByManyThreads) {
  Threads threads;
  threads.start(4, [&](std::size_t i) {
    const Logger own = log_;
    for (int n = 0; n < 100; ++n) own.info("{} {}", i, n);
  });
  threads.join();
  EXPECT_EQ(events().size(), 400u);
}

TEST(DetachedLogger, CountsItsCallsAndNothingElse) {
  const Logger log;
  const std::int64_t before = detached_calls();
  log.info("to nobody");
  log.with(field("a", 1)).tag("t").to({"nowhere"}).critical("to nobody {}", 2);
  EXPECT_EQ(detached_calls(), before + 2);
  EXPECT_EQ(log.name(), "");
}

}  // namespace
}  // namespace penstock::test
