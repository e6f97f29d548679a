// SPDX-License-Identifier: Apache-2.0
#include "event/view.hpp"

#include <gtest/gtest.h>

#include "event/random.hpp"
#include "event/records.hpp"

namespace penstock::event {
namespace {

TEST(ViewArena, OutlivesWhatItWasMadeFrom) {
  ViewArena arena;
  auto& site = new_site_for("{} {}", 1, "", field("k", "v"), field(text_key("t"), 1));
  for (int i = 0; i < 5000; ++i) {
    const std::string text = "text " + std::to_string(i);
    const std::string key = "key " + std::to_string(i);
    const Record record(site, 0, {}, i, std::string_view(text), field("k", text),
                        field(text_key(key), i));
    EventParts parts = parts_of(record);
    const std::string logger = "logger" + std::to_string(i);
    const std::string_view tags[] = {text, key};
    const FieldView context[] = {{key, Value(std::string_view(logger))}};
    TraceContext trace;
    trace.span_id[0] = static_cast<std::uint8_t>(i);
    parts.logger = logger;
    parts.event = key;
    parts.tags = tags;
    parts.context_fields = context;
    parts.trace = &trace;
    parts.producer = static_cast<std::uint64_t>(i);
    arena.add(parts);
  }
  ASSERT_EQ(arena.views().size(), 5000u);
  for (int i = 0; i < 5000; ++i) {
    const std::string n = std::to_string(i);
    const EventView& view = arena.views()[static_cast<std::size_t>(i)];
    ASSERT_EQ(view.message, n + " text " + n);
    ASSERT_EQ(view.logger, "logger" + n);
    ASSERT_EQ(view.event, "key " + n);
    ASSERT_EQ(view.producer, static_cast<std::uint64_t>(i));
    ASSERT_EQ(view.tags.size(), 2u);
    ASSERT_EQ(view.tags[1], "key " + n);
    ASSERT_EQ(view.fields.size(), 3u);
    ASSERT_EQ(view.fields[0].key, "key " + n);
    ASSERT_EQ(view.fields[0].value.text(), "logger" + n);
    ASSERT_EQ(view.fields[1].value.text(), "text " + n);
    ASSERT_EQ(view.fields[2].value.i64(), i);
    ASSERT_EQ(view.trace->span_id[0], static_cast<std::uint8_t>(i));
  }
  arena.clear();
  EXPECT_EQ(arena.views().size(), 0u);
  EXPECT_EQ(arena.bytes(), 0u);
}

TEST(ViewArena, HasAllOfAnEvent) {
  const Record record(new_site_for("n is {}", 1), 0, {}, 17);
  ViewArena arena;
  const EventView view = make_view(parts_of(record), arena);
  EXPECT_EQ(view.time_ns, some_time_ns);
  EXPECT_EQ(view.level, Level::warning);
  EXPECT_EQ(view.line, 42u);
  EXPECT_EQ(view.file, "/src/orders.cpp");
  EXPECT_EQ(view.function, "run");
  EXPECT_EQ(view.thread_id, 4711u);
  EXPECT_EQ(view.thread_name, "main");
  EXPECT_EQ(view.message, "n is 17");
  EXPECT_FALSE(view.trace.has_value());
  EXPECT_TRUE(view.fields.empty() && view.tags.empty() && view.event.empty());
}

TEST(ViewArena, TakesEventsOfAnySize) {
  ViewArena arena;
  for (const std::size_t size : {0u, 1u, 65'535u, 65'536u, 65'537u, 1'000'000u, 5u}) {
    const std::string text(size, 'x');
    EventParts parts = message_parts(text);
    parts.truncated_bytes = size == 5 ? 7 : 0;
    arena.add(parts);
  }
  EXPECT_EQ(arena.views()[5].message.size(), 1'000'000u);
  EXPECT_EQ(arena.views()[6].message, "xxxxx [truncated 7 bytes]");
  arena.clear();
  arena.add(message_parts("again"));
  EXPECT_EQ(arena.views()[0].message, "again");
}

// Of what was used for other events before, large ones among them.
TEST(ViewArena, UsesItsMemoryAgain) {
  ViewArena arena;
  auto& site = new_site_for("{}", "");
  Random random;
  const auto fill = [&](std::size_t count, std::size_t largest) {
    std::vector<std::string> texts;
    for (std::size_t i = 0; i < count; ++i) {
      texts.push_back(std::string(random.below(largest), static_cast<char>('a' + i % 26)));
      const Record record(site, 0, {}, std::string_view(texts.back()));
      EventParts parts = parts_of(record);
      const std::string logger(1 + random.below(3), 'l');
      const std::string thread = std::to_string(random.below(3));
      parts.logger = logger;
      parts.logger_id = random.one_in(3) ? 0 : static_cast<std::uint32_t>(logger.size());
      parts.thread_name = thread;
      texts.push_back(logger);
      texts.push_back(thread);
      arena.add(parts);
    }
    for (std::size_t i = 0; i < count; ++i) {
      const EventView view = arena.views()[i];
      ASSERT_EQ(view.message, texts[3 * i]);
      ASSERT_EQ(view.logger, texts[3 * i + 1]);
      ASSERT_EQ(view.thread_name, texts[3 * i + 2]);
    }
  };
  fill(2000, 200);
  arena.clear();
  const std::size_t kept = arena.capacity();
  EXPECT_GT(kept, 2000 * 100u);
  fill(1500, 200);
  arena.clear();
  EXPECT_EQ(arena.capacity(), kept);
  for (int i = 0; i < 20; ++i) {
    fill(20, 200'000);
    arena.clear();
    fill(1500, 200);
    arena.clear();
    EXPECT_LE(arena.capacity(), kept + 20 * 64 * 1024u);  // the large ones go
  }
  arena.shrink();
  EXPECT_LT(arena.capacity(), kept);
  fill(2000, 200);
}

}  // namespace
}  // namespace penstock::event
