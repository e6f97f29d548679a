// SPDX-License-Identifier: Apache-2.0
// Processors of a sink: what they change, drop and fail at, and what the account says of it.
#include "penstock/processor.hpp"

#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>

#include "function_sink.hpp"
#include "limits_fixture.hpp"

namespace penstock::test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using Verdict = Processor::Verdict;

class FunctionProcessor final : public Processor {
 public:
  explicit FunctionProcessor(std::function<Verdict(EventEdit&)> function)
      : function_(std::move(function)) {}
  Verdict process(EventEdit& event) override { return function_(event); }

 private:
  std::function<Verdict(EventEdit&)> function_;
};

ProcessorOptions processor(std::function<Verdict(EventEdit&)> function) {
  return {.type = "function", .make = [function]() -> Result<std::unique_ptr<Processor>> {
            return std::unique_ptr<Processor>(std::make_unique<FunctionProcessor>(function));
          }};
}

ProcessorOptions editing(std::function<void(EventEdit&)> edit) {
  return processor([edit](EventEdit& event) {
    edit(event);
    return Verdict::keep;
  });
}

const std::string& mebibyte() {
  static const std::string text(1024 * 1024, 'x');
  return text;
}

class ProcessorTest : public PipelineTest {
 protected:
  Pipeline& start_with(std::vector<ProcessorOptions> processors) {
    SinkOptions options = memory_.options("memory");
    options.format.type = FormatType::json;
    options.processors = std::move(processors);
    return start({options});
  }
  OwnedEvent only_event() const {
    const std::vector<OwnedEvent> events = memory_.events();
    EXPECT_EQ(events.size(), 1u);
    return events.empty() ? OwnedEvent{} : events.front();
  }

  MemorySink memory_{};
};

TEST_F(ProcessorTest, ChangesEverythingThatMayBeChanged) {
  Pipeline& pipeline = start_with({editing([](EventEdit& event) {
    event.set_level(Level::error);
    event.set_message("other");
    event.set_event("login");
    event.set_field(0, Value(std::string_view("***")));
    event.remove_field(1);
    event.add_field("added", Value(std::int64_t{3}));
    event.remove_tag(0);
    event.add_tag("seen");
  })});
  pipeline.logger("a.b").tag("secret").info("text {}", 1, field("password", "p"), field("gone", 1),
                                            field("kept", 2.5));
  ASSERT_TRUE(pipeline.flush(patience));
  const OwnedEvent event = only_event();
  EXPECT_EQ(event.level, Level::error);
  EXPECT_EQ(event.message, "other");
  EXPECT_EQ(event.event, "login");
  EXPECT_EQ(event.logger, "a.b");
  EXPECT_THAT(event.tags, ElementsAre("seen"));
  ASSERT_EQ(event.fields.size(), 3u);
  EXPECT_EQ(std::get<std::string>(*event.field("password")), "***");
  EXPECT_EQ(std::get<double>(*event.field("kept")), 2.5);
  EXPECT_EQ(std::get<std::int64_t>(*event.field("added")), 3);
}

TEST_F(ProcessorTest, SeeOneAfterTheOtherWhatTheOneBeforeLeft) {
  const auto adding = [](std::string_view text) {
    return editing([text = std::string(text)](EventEdit& event) {
      event.set_message(std::string(event.view().message) + text);
    });
  };
  Pipeline& pipeline = start_with({adding(" 1"), adding(" 2"), adding(" 3")});
  pipeline.logger("log").info("a");
  pipeline.logger("log").info("b");
  ASSERT_TRUE(pipeline.flush(patience));
  EXPECT_THAT(messages_of(memory_.events()), ElementsAre("a 1 2 3", "b 1 2 3"));
}

TEST_F(ProcessorTest, WhatOneDropsIsFilteredAndNoLaterOneSeesIt) {
  std::vector<std::string> seen;
  Pipeline& pipeline =
      start_with({processor([](EventEdit& event) {
                    return event.view().message == "bad" ? Verdict::drop : Verdict::keep;
                  }),
                  editing([&](EventEdit& event) { seen.emplace_back(event.view().message); })});
  const Logger log = pipeline.logger("log");
  for (const char* text : {"good", "bad", "better"}) log.info("{}", text);
  ASSERT_TRUE(pipeline.flush(patience));
  EXPECT_THAT(messages_of(memory_.events()), ElementsAre("good", "better"));
  EXPECT_THAT(seen, ElementsAre("good", "better"));
  const SinkStats stats = stats_of(pipeline, "memory");
  EXPECT_EQ(stats.delivered, 2);
  EXPECT_EQ(stats.filtered, 1);
  EXPECT_EQ(filtered(stats, FilterReason::processor), 1);
}

TEST_F(ProcessorTest, AnEventAtWhichOneFailsIsDroppedAndNotSentAsItWas) {
  Pipeline& pipeline = start_with({editing([](EventEdit& event) {
    if (event.view().message == "bad") throw std::runtime_error("cannot tell");
  })});
  const Logger log = pipeline.logger("log");
  for (const char* text : {"good", "bad", "better"}) log.info("{}", text);
  ASSERT_TRUE(pipeline.flush(patience));
  EXPECT_THAT(messages_of(memory_.events()), ElementsAre("good", "better"));
  const SinkStats stats = stats_of(pipeline, "memory");
  EXPECT_EQ(stats.dropped[static_cast<std::size_t>(DropReason::processor_failed)], 1);
  EXPECT_THAT(stats.last_error, HasSubstr("'function' failed: cannot tell"));
}

TEST_F(ProcessorTest, ASinkWhoseProcessorCannotBeMadeIsLeftOut) {
  SinkOptions options = memory_.options("memory");
  options.processors = {{.type = "broken", .make = [] {
                           return Result<std::unique_ptr<Processor>>(Error{.message = "no key"});
                         }}};
  Pipeline& pipeline = start({options, CountingSink().options("other")});
  pipeline.logger("log").info("a");
  ASSERT_TRUE(pipeline.flush(patience));
  EXPECT_THAT(memory_.events(), IsEmpty());
  const PipelineStats stats = pipeline.stats();
  ASSERT_EQ(stats.left_out.size(), 1u);
  EXPECT_EQ(stats.left_out[0].name, "memory");
  EXPECT_THAT(stats.left_out[0].reason, HasSubstr("its processor 'broken': no key"));
}

TEST_F(ProcessorTest, SeeADuplicateThatStandsForSeveral) {
  SinkOptions options = memory_.options("memory");
  options.limits.deduplicate = 1h;
  options.processors = {editing([](EventEdit& event) { event.set_message("seen"); })};
  Pipeline& pipeline = start({options});
  const Logger log = pipeline.logger("log");
  for (int i = 0; i < 5; ++i) log.info("again");
  ASSERT_TRUE(pipeline.flush(patience));
  EXPECT_THAT(shown(memory_.events()), ElementsAre("seen", "seen x4"));
}

TEST_F(ProcessorTest, DeadLettersAreAsTheEventsWereBeforeAndPassThoseOfTheirOwnSink) {
  FaultySink refusing;
  refusing.otherwise({.kind = Answer::Kind::reject});
  SinkOptions source = refusing.options("refusing");
  source.dead_letter = "memory";
  source.processors = {editing([](EventEdit& event) { event.set_message("changed"); })};
  SinkOptions letters = memory_.options("memory");
  letters.only_dead_letters = true;
  letters.processors = {editing([](EventEdit& event) {
    event.set_message(std::string(event.view().message) + ", for the letters");
  })};
  Pipeline& pipeline = start({source, letters});
  pipeline.logger("log").info("original");
  ASSERT_TRUE(pipeline.flush(patience));
  EXPECT_EQ(refusing.writes().front().messages.front(), "changed");
  EXPECT_EQ(only_event().message, "original, for the letters");
}

// What is processed goes out after the linger, and a stop has it, however slow the processor is at
// what comes behind.
TEST_F(ProcessorTest, ASlowOneHoldsBackOnlyWhatItHasNotSeen) {
  const Hang hang;
  Pipeline& pipeline = start_with({editing([call = hang.call()](EventEdit& event) {
    if (event.view().message == "slow") call();
  })});
  const Logger log = pipeline.logger("log");
  log.info("quick");
  ASSERT_TRUE(memory_.wait_for(1, patience));
  for (int i = 0; i < 100; ++i) log.info("quick");
  log.info("slow");
  ASSERT_TRUE(hang.wait_until_begun());
  hang.end();
  ASSERT_TRUE(pipeline.flush(patience));
  EXPECT_EQ(memory_.size(), 102u);
}

TEST_F(ProcessorTest, ATextWithoutEndIsShownInPart) {
  Pipeline& pipeline = start_with(
      {editing([](EventEdit&) { throw std::runtime_error(std::string(100'000, 'x')); })});
  pipeline.logger("log").info("a");
  ASSERT_TRUE(pipeline.flush(patience));
  EXPECT_LT(stats_of(pipeline, "memory").last_error.size(), 2000u);
}

TEST_F(ProcessorTest, AnEventThatOneMakesTooLargeIsAFailure) {
  Pipeline& pipeline = start_with({editing([](EventEdit& event) {
    for (int i = 0; i < 33; ++i) event.add_field("f", Value(std::string_view(mebibyte())));
  })});
  pipeline.logger("log").info("a");
  ASSERT_TRUE(pipeline.flush(patience));
  const SinkStats stats = stats_of(pipeline, "memory");
  EXPECT_EQ(stats.dropped[static_cast<std::size_t>(DropReason::processor_failed)], 1);
  EXPECT_THAT(stats.last_error, HasSubstr("34603042 bytes"));
}

TEST_F(ProcessorTest, WhatWasCutOffAMessageIsNoPartOfIt) {
  std::string seen;
  SinkOptions options = memory_.options("memory");
  options.format.type = FormatType::json;
  options.processors = {editing([&](EventEdit& event) {
    seen = event.view().message;
    event.add_field("added", Value(true));
  })};
  PipelineOptions pipeline_options{.sinks = {options}, .max_event_bytes = 1024};
  pipeline_options.own_events = false;
  Pipeline& pipeline = start(std::move(pipeline_options));
  pipeline.logger("log").info("{}", std::string(3000, 'x'));
  ASSERT_TRUE(pipeline.flush(patience));
  EXPECT_THAT(seen, ::testing::MatchesRegex("x+"));
  EXPECT_THAT(only_event().message, HasSubstr("[truncated "));
}

TEST_F(ProcessorTest, WhatItsUserShouldKnowIsTold) {
  class Concerned final : public Processor {
   public:
    Verdict process(EventEdit&) override { return Verdict::keep; }
    std::string concern() const override { return "nobody has signed it"; }
  };
  Pipeline& pipeline =
      start_with({{.type = "some", .make = [] {
                     return Result<std::unique_ptr<Processor>>(std::make_unique<Concerned>());
                   }}});
  ASSERT_TRUE(pipeline.flush(patience));
  EXPECT_EQ(stats_of(pipeline, "memory").last_error, "its processor 'some': nobody has signed it");
}

// ---- EventEdit by itself

class EventEditTest : public ::testing::Test {
 protected:
  EventEditTest() {
    batch_ = std::make_unique<penstock::testing::OwnedBatch>(
        std::vector<OwnedEvent>{{.message = "m",
                                 .fields = {{"a", std::string("1")}, {"b", std::string("2")}},
                                 .tags = {"t"}}});
    edit_.begin(batch_->parts().events[0]);
  }
  std::unique_ptr<penstock::testing::OwnedBatch> batch_{};
  EventEdit edit_{};
};

TEST_F(EventEditTest, AViewStaysValidWhateverIsChanged) {
  edit_.set_field(0, Value(std::string_view("one")));
  const EventView view = edit_.view();
  for (int i = 0; i < 100; ++i) edit_.add_field("more", Value(std::string_view("x")));
  for (int i = 0; i < 50; ++i) edit_.add_tag("tag");
  edit_.replace(penstock_event(edit_.c()));
  edit_.remove_field(1);
  EXPECT_EQ(view.fields[0].value.text(), "one");
  EXPECT_EQ(view.fields[1].key, "b");
  EXPECT_EQ(edit_.view().fields.size(), 101u);
  EXPECT_EQ(edit_.view().tags.size(), 51u);
}

TEST_F(EventEditTest, MayAddWhileItGoesOverWhatWasThere) {
  edit_.set_field(0, Value(std::string_view("one")));
  for (const FieldView& field : edit_.view().fields) edit_.add_field("copy", field.value);
  ASSERT_EQ(edit_.view().fields.size(), 4u);
  EXPECT_EQ(edit_.view().fields[2].value.text(), "one");
  EXPECT_EQ(edit_.view().fields[3].value.text(), "2");
}

TEST_F(EventEditTest, ANumberThatThereIsNotThrowsAndChangesNothing) {
  EXPECT_THROW(edit_.set_field(2, Value(true)), std::out_of_range);
  EXPECT_THROW(edit_.remove_field(2), std::out_of_range);
  EXPECT_THROW(edit_.set_tag(1, "x"), std::out_of_range);
  EXPECT_THROW(edit_.remove_tag(1), std::out_of_range);
  EXPECT_EQ(edit_.view().fields.size(), 2u);
  EXPECT_EQ(edit_.view().tags.size(), 1u);
}

TEST_F(EventEditTest, FindsAFieldByItsKey) {
  EXPECT_EQ(edit_.find_field("b"), 1u);
  edit_.remove_field(*edit_.find_field("a"));
  EXPECT_EQ(edit_.find_field("b"), 0u);
  EXPECT_EQ(edit_.find_field("a"), std::nullopt);
}

// 20,000 events of which a seeded third is dropped and a third fails: the account is exact in any
// sample of it (the fixture checks it), and what arrives arrives in order.
TEST_F(ProcessorTest, TheAccountIsExactWhileProcessorsDropAndFail) {
  Pipeline& pipeline = start_with({processor([](EventEdit& event) {
    const std::int64_t number = event.view().fields[0].value.i64();
    if (number % 3 == 1) return Verdict::drop;
    if (number % 3 == 2) throw std::runtime_error("every third");
    return Verdict::keep;
  })});
  const Logger log = pipeline.logger("log");
  constexpr int count = 21'000;
  for (int i = 0; i < count; ++i) {
    log.info("number", field("n", std::int64_t{i}));
    if (i % 1000 == 0) {
      EXPECT_TRUE(adds_up(pipeline.stats()));
    }
  }
  ASSERT_TRUE(pipeline.flush(patience));
  const SinkStats stats = stats_of(pipeline, "memory");
  EXPECT_EQ(stats.delivered, count / 3);
  EXPECT_EQ(filtered(stats, FilterReason::processor), count / 3);
  EXPECT_EQ(stats.dropped[static_cast<std::size_t>(DropReason::processor_failed)], count / 3);
  std::int64_t next = 0;
  for (const OwnedEvent& event : memory_.events()) {
    ASSERT_EQ(std::get<std::int64_t>(*event.field("n")), next);
    next += 3;
  }
}

}  // namespace
}  // namespace penstock::test
