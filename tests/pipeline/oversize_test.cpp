// SPDX-License-Identifier: Apache-2.0
// Events larger than a block, and larger than max_event_bytes.
#include <gmock/gmock.h>

#include "support/options.hpp"
#include "support/pipeline_test.hpp"
#include "support/run.hpp"
#include "support/sinks.hpp"

namespace penstock::test {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

class OversizeTest : public PipelineTest {
 protected:
  Pipeline& start_with(std::uint32_t max_event_bytes, Oversize oversize = Oversize::truncate) {
    PipelineOptions options;
    options.sinks = {seen_.options("memory"), CountingSink().options("other")};
    options.max_event_bytes = max_event_bytes;
    options.oversize = oversize;
    options.own_events = false;
    return start(std::move(options));
  }
  OwnedEvent only_event(Pipeline& pipeline) {
    EXPECT_TRUE(pipeline.flush(patience));
    EXPECT_EQ(seen_.size(), 1u);
    return seen_.size() == 1 ? seen_.events()[0] : OwnedEvent{};
  }
  static std::string text_of(std::size_t size) {
    std::string text(size, ' ');
    for (std::size_t i = 0; i < size; ++i) text[i] = static_cast<char>('a' + i * 7 % 26);
    return text;
  }

  MemorySink seen_{};
};

TEST_F(OversizeTest, AnEventLargerThanABlockArrivesWhole) {
  Pipeline& pipeline = start_with(1 * MiB);
  std::size_t count = 0;
  for (const std::size_t size :
       {4'000u, 4'096u, 4'097u, 65'000u, 65'536u, 70'000u, 131'072u, 500'000u, 1'048'000u}) {
    const std::string text = text_of(size);
    pipeline.logger("x").info("{}", text);
    pipeline.logger("x").info("small");
    ASSERT_TRUE(pipeline.flush(patience));
    const auto events = seen_.events();
    ASSERT_EQ(events.size(), ++count * 2);
    EXPECT_EQ(events[events.size() - 2].message, text) << size;
    EXPECT_EQ(events.back().message, "small");
  }
  EXPECT_EQ(pipeline.stats().truncated, 0);
}

// An open block may have room for more than one event may have.
TEST_F(OversizeTest, TheLimitHoldsWhereverTheEventWouldFit) {
  for (const Oversize oversize : {Oversize::truncate, Oversize::refuse}) {
    seen_.clear();
    Pipeline& pipeline = start_with(1024, oversize);
    const Logger log = pipeline.logger("x");
    for (std::size_t i = 0; i < 40; ++i) {
      log.info("small");
      log.info("{}", text_of(i % 2 == 0 ? 1'100 : 20'000));
      EXPECT_EQ(pipeline.submit({.message = text_of(3'000)}), true);
    }
    ASSERT_TRUE(pipeline.flush(patience));
    std::size_t longest = 0;
    for (const OwnedEvent& event : seen_.events()) {
      longest = std::max(longest, event.message.size());
    }
    EXPECT_LE(longest, 1024u);
    const PipelineStats stats = pipeline.stats();
    if (oversize == Oversize::truncate) {
      EXPECT_EQ(seen_.size(), 120u);
      EXPECT_EQ(stats.truncated, 80);
    } else {
      EXPECT_EQ(seen_.size(), 40u);
      EXPECT_EQ(stats.sinks[0].dropped.at(static_cast<std::size_t>(DropReason::too_large)), 80);
    }
  }
}

TEST_F(OversizeTest, AnEventOfManyMegabytesArrivesWholeWhenAllowed) {
  Pipeline& pipeline = start_with(16 * MiB);
  const std::string text = text_of(12 * MiB);
  pipeline.logger("x").info("{}", text);
  EXPECT_EQ(only_event(pipeline).message, text);
}

TEST_F(OversizeTest, AnEventThatIsTooLargeIsCutAndSaysSo) {
  Pipeline& pipeline = start_with(8 * KiB);
  const std::string text = text_of(100'000);
  pipeline.logger("x").error("{}", text);
  const OwnedEvent seen = only_event(pipeline);
  const std::size_t mark = seen.message.find(" [truncated ");
  ASSERT_NE(mark, std::string::npos);
  EXPECT_GT(mark, 4'000u);
  EXPECT_LE(mark, 8'192u);
  EXPECT_EQ(seen.message.substr(0, mark), text.substr(0, mark));
  EXPECT_THAT(seen.message.substr(mark),
              StartsWith(" [truncated " + std::to_string(text.size() - mark) + " bytes"));
  EXPECT_EQ(seen.level, Level::error);
  EXPECT_NE(seen.line, 0u);
  EXPECT_EQ(pipeline.stats().truncated, 1);
  EXPECT_EQ(pipeline.stats().accepted, 1);
}

TEST_F(OversizeTest, AnEventOfManyMegabytesIsCut) {
  Pipeline& pipeline = start_with(64 * KiB);
  pipeline.logger("x").info("{} {}", text_of(30 * MiB), text_of(5 * MiB));
  EXPECT_LE(only_event(pipeline).message.size(), 65'536u + 100);
  EXPECT_EQ(pipeline.stats().truncated, 1);
}

TEST_F(OversizeTest, ACutKeepsFieldsRoutingAndContext) {
  Pipeline& pipeline = start_with(8 * KiB);
  pipeline.logger("deep.logger")
      .to({"memory"})
      .tag("t")
      .event("e")
      .with(field("before", 1))
      .with(TraceContext{{9}, {8}})
      .warning("{}", text_of(50'000), field("after", 2.5), field("long", text_of(50'000)));
  const OwnedEvent seen = only_event(pipeline);
  EXPECT_EQ(seen.logger, "deep.logger");
  EXPECT_EQ(seen.event, "e");
  EXPECT_EQ(seen.tags, std::vector<std::string>{"t"});
  EXPECT_EQ(seen.trace, (TraceContext{{9}, {8}}));
  ASSERT_NE(seen.field("before"), nullptr);
  ASSERT_NE(seen.field("after"), nullptr);
  EXPECT_EQ(std::get<double>(*seen.field("after")), 2.5);
  ASSERT_NE(seen.field("long"), nullptr) << "a long field is cut, not left out";
  EXPECT_GT(std::get<std::string>(*seen.field("long")).size(), 100u);
  EXPECT_EQ(stats_of(pipeline, "other").filtered, 1);
}

TEST_F(OversizeTest, AHugeContextIsCut) {
  Pipeline& pipeline = start_with(8 * KiB);
  Logger log = pipeline.logger("x");
  for (int i = 0; i < 1'000; ++i) {
    log = log.with(field(text_key(numbered("key_", i)), text_of(100)));
  }
  log.info("message");
  const OwnedEvent seen = only_event(pipeline);
  EXPECT_THAT(seen.message, StartsWith("message"));
  EXPECT_THAT(seen.message, HasSubstr("[truncated"));
  EXPECT_FALSE(seen.fields.empty());
  EXPECT_LT(seen.fields.size(), 100u);
}

TEST_F(OversizeTest, ThousandsOfTagsAreCut) {
  Pipeline& pipeline = start_with(8 * KiB);
  std::vector<std::string> names;
  for (int i = 0; i < 5'000; ++i) names.push_back(numbered("tag_", i));
  const std::vector<std::string_view> tags(names.begin(), names.end());
  ASSERT_TRUE(pipeline.submit({.message = "tagged", .tags = tags}));
  EXPECT_FALSE(only_event(pipeline).tags.empty());
  EXPECT_EQ(pipeline.stats().truncated, 1);
}

TEST_F(OversizeTest, ACutDoesNotSplitACharacter) {
  Pipeline& pipeline = start_with(1 * KiB);
  std::string text;
  while (text.size() < 5'000) text += "\xE2\x82\xAC";
  pipeline.logger("x").info("{}", text);
  pipeline.logger("x").info("y{}", text);
  pipeline.logger("x").info("yy{}", text);
  ASSERT_TRUE(pipeline.flush(patience));
  std::size_t extra = 0;
  for (const std::string& message : messages_of(seen_.events())) {
    const std::size_t mark = message.find(" [truncated ");
    ASSERT_NE(mark, std::string::npos);
    EXPECT_EQ((mark - extra) % 3, 0u);
    ++extra;
  }
}

TEST_F(OversizeTest, ASubmittedEventThatIsTooLargeIsCut) {
  Pipeline& pipeline = start_with(8 * KiB);
  const std::string text = text_of(100'000);
  ASSERT_TRUE(pipeline.submit({.message = text, .logger = "outside", .time_ns = 12345}));
  const OwnedEvent seen = only_event(pipeline);
  EXPECT_THAT(seen.message, HasSubstr("[truncated"));
  EXPECT_EQ(seen.logger, "outside");
  EXPECT_EQ(seen.time_ns, 12345);
}

TEST_F(OversizeTest, RefuseCountsTheEventAtEverySink) {
  Pipeline& pipeline = start_with(8 * KiB, Oversize::refuse);
  pipeline.logger("x").info("before");
  pipeline.logger("x").info("{}", text_of(100'000));
  (void)pipeline.submit({.message = text_of(100'000)});
  pipeline.logger("x").info("after");
  ASSERT_TRUE(pipeline.flush(patience));
  EXPECT_EQ(messages_of(seen_.events()), (std::vector<std::string>{"before", "after"}));
  const PipelineStats stats = pipeline.stats();
  EXPECT_EQ(stats.accepted, 4);
  EXPECT_EQ(stats.truncated, 0);
  EXPECT_EQ(dropped(*stats.sink("memory"), DropReason::too_large), 2);
  EXPECT_EQ(dropped(*stats.sink("other"), DropReason::too_large), 2);
}

TEST_F(OversizeTest, AnEventLargerThanASmallQueueIsCutToWhatCanGetThrough) {
  PipelineOptions options;
  options.sinks = {tiny(seen_.options("memory"))};
  Pipeline& pipeline = start(std::move(options));
  const Logger log = pipeline.logger("x");
  for (int i = 0; i < 50; ++i) log.info("{}", text_of(200'000));
  ASSERT_TRUE(pipeline.flush(patience));
  EXPECT_EQ(seen_.size(), 50u);
  EXPECT_EQ(pipeline.stats().truncated, 50);
  // The bound, and this thread's open block.
  EXPECT_LE(stats_of(pipeline, "memory").queue_bytes_high,
            static_cast<std::int64_t>(smallest_queue + smallest_queue / 4));
}

TEST_F(OversizeTest, LargeAndSmallEventsOfManyThreadsAllArrive) {
  PipelineOptions options;
  options.sinks = {tiny(seen_.options("memory"))};
  options.sinks[0].queue.max_bytes = 1 * MiB;
  Pipeline& pipeline = start(std::move(options));
  const Logger log = pipeline.logger("x");
  const std::string text = text_of(200'000);
  Threads threads;
  threads.start(4, [&](std::size_t i) {
    for (std::size_t n = 0; n < 50; ++n) {
      log.info("{}", std::string_view(text).substr(0, (i * 7919 + n * 104'729) % text.size()));
    }
  });
  threads.join();
  ASSERT_TRUE(pipeline.flush(patience));
  EXPECT_EQ(seen_.size(), 200u);
  for (const std::string& message : messages_of(seen_.events())) {
    ASSERT_EQ(message, text.substr(0, message.size()));
  }
}

}  // namespace
}  // namespace penstock::test
