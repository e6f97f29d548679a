// SPDX-License-Identifier: Apache-2.0
// The way of a refused event to the dead-letter sink, and what arrives there.
#include <map>
#include <string>
#include <type_traits>
#include <variant>

#include "answer_fixture.hpp"

namespace penstock::test {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

std::map<std::string, std::string> fields_of(const OwnedEvent& event) {
  std::map<std::string, std::string> fields;
  for (const auto& [key, value] : event.fields) {
    std::visit(
        [&, &key = key](const auto& held) {
          if constexpr (std::is_same_v<std::decay_t<decltype(held)>, std::string>) {
            fields[key] = held;
          } else {
            fields[key] = std::to_string(held);
          }
        },
        value);
  }
  return fields;
}

class DeadLetterTest : public AnswerTest {
 protected:
  SinkOptions refusing() const {
    SinkOptions options = quick(refusing_.options("refusing"));
    options.dead_letter = "letters";
    options.batch.linger = 60s;
    return options;
  }
  SinkOptions letters() const {
    SinkOptions options = letters_.options("letters");
    options.only_dead_letters = true;
    return options;
  }
  FaultySink refusing_{};
  MemorySink letters_{};
};

TEST_F(DeadLetterTest, ARefusedEventArrivesAsItWasWithWhatWasWrong) {
  refusing_.poison({"bad 7"});
  Pipeline& pipeline = start({refusing(), letters(), CountingSink().options("other")});
  const Logger log = pipeline.logger("orders.book");
  for (int i = 0; i < 6; ++i) log.info("good");
  std::uint64_t line = 0;
  std::thread([&] {
    pthread_setname_np(pthread_self(), "caller");
    line = __LINE__ + 1;
    log.with(field("request", 5)).tag("security").event("login").debug("bad {}", 7, field("ms", 2));
  }).join();
  ASSERT_TRUE(pipeline.flush(patience));
  ASSERT_EQ(letters_.size(), 1u);
  const OwnedEvent letter = letters_.events().front();
  EXPECT_EQ(letter.message, "bad 7");
  EXPECT_EQ(letter.level, Level::debug);
  EXPECT_EQ(letter.logger, "orders.book");
  EXPECT_EQ(letter.thread_name, "caller");
  EXPECT_EQ(letter.line, line);
  EXPECT_EQ(letter.event, "login");
  EXPECT_THAT(letter.tags, ElementsAre("security"));
  auto fields = fields_of(letter);
  EXPECT_EQ(fields["request"], "5");
  EXPECT_EQ(fields["ms"], "2");
  EXPECT_EQ(fields["dead_letter_sink"], "refusing");
  EXPECT_EQ(fields["dead_letter_reason"], "scripted reject");
  EXPECT_EQ(fields["dead_letter_first_error"], "scripted reject");
  EXPECT_EQ(fields["dead_letter_last_error"], "scripted reject");
  EXPECT_THAT(fields["dead_letter_first_time"], HasSubstr("T"));
  EXPECT_EQ(fields["dead_letter_attempts"], "1") << "then all others were taken without it";
  const PipelineStats stats = pipeline.stats();
  EXPECT_EQ(stats.accepted, 8);
  EXPECT_EQ(stats.dead_letters, 1);
  EXPECT_EQ(stats.sink("refusing")->dead_lettered, 1);
  EXPECT_EQ(stats.sink("refusing")->delivered, 6);
  EXPECT_EQ(stats.sink("refusing")->filtered, 1) << "the letter is not for it";
  EXPECT_EQ(stats.sink("letters")->delivered, 1);
  EXPECT_EQ(stats.sink("letters")->filtered, 7);
  EXPECT_EQ(stats.sink("other")->delivered, 7) << "and not the letter";
}

TEST_F(DeadLetterTest, WhatExpiresGoesThereToo) {
  refusing_.otherwise({.kind = Kind::retry});
  SinkOptions options = refusing();
  options.retry.expire_after = 5ms;
  Pipeline& pipeline = start({options, letters()});
  for (int i = 0; i < 3; ++i) pipeline.logger("x").info("{}", i);
  ASSERT_TRUE(pipeline.flush(patience));
  EXPECT_EQ(messages_of(letters_.events()), numbers(3));
  auto fields = fields_of(letters_.events().front());
  EXPECT_EQ(fields["dead_letter_reason"], "expired");
  EXPECT_EQ(fields["dead_letter_last_error"], "scripted retry");
  EXPECT_GE(std::stoi(fields["dead_letter_attempts"]), 2);
  EXPECT_EQ(stats_of(pipeline, "refusing").dead_lettered, 3);
}

TEST_F(DeadLetterTest, StopDeliversTheLettersOfTheLastBatch) {
  refusing_.poison({"2"});
  MemorySink last;
  SinkOptions middle = FaultySink({{.kind = Kind::reject}}).options("letters");
  middle.only_dead_letters = true;
  middle.dead_letter = "last";
  middle.batch.linger = 60s;
  SinkOptions end = last.options("last");
  end.only_dead_letters = true;
  end.batch.linger = 60s;
  // The wrong way round: the order in the file does not matter.
  Pipeline& pipeline = start({end, middle, refusing()});
  for (int i = 0; i < 5; ++i) pipeline.logger("x").info("{}", i);
  const StopReport report = pipeline.stop(patience);
  EXPECT_TRUE(report.complete);
  EXPECT_THAT(messages_of(last.events()), ElementsAre("2"));
  EXPECT_EQ(fields_of(last.events().front())["dead_letter_sink"], "refusing");
  EXPECT_EQ(report.stats.sink("letters")->dead_lettered, 1);
  EXPECT_EQ(report.stats.dead_letters, 2);
  EXPECT_EQ(report.stats.sink("last")->delivered, 1);
}

TEST_F(DeadLetterTest, WithoutRoomForALetterTheSinkThatRefusedWaits) {
  GateSink gate;
  SinkOptions narrow = tiny(gate.options("letters"));
  narrow.only_dead_letters = true;
  refusing_.otherwise({.kind = Kind::reject});
  Pipeline& pipeline = start({refusing(), narrow});
  for (int i = 0; i < 200; ++i) pipeline.logger("x").info("{}", i);
  EXPECT_FALSE(pipeline.flush(20ms));
  ASSERT_TRUE(gate.wait_until_stuck());
  EXPECT_TRUE(eventually([&] { return stats_of(pipeline, "refusing").dead_lettered >= 10; }));
  EXPECT_LT(stats_of(pipeline, "refusing").dead_lettered, 30);
  EXPECT_EQ(stats_of(pipeline, "refusing").dropped_total(), 0);
  gate.open();
  ASSERT_TRUE(pipeline.flush(patience));
  EXPECT_EQ(stats_of(pipeline, "refusing").dead_lettered, 200);
  EXPECT_EQ(messages_of(gate.events()), numbers(200)) << "in order";
}

TEST_F(DeadLetterTest, WhenThatSinkIsLeftOutTheEventsCountAsRejected) {
  refusing_.poison({"2"});
  SinkOptions broken =
      sink_options("letters", "broken", []() -> std::unique_ptr<Sink> { return nullptr; });
  broken.only_dead_letters = true;
  Pipeline& pipeline = start({refusing(), broken});
  for (int i = 0; i < 5; ++i) pipeline.logger("x").info("{}", i);
  ASSERT_TRUE(pipeline.flush(patience));
  EXPECT_EQ(dropped(stats_of(pipeline, "refusing"), DropReason::rejected), 1);
}

TEST_F(DeadLetterTest, ATriggerThatReplacedTheEventDoesNotTouchTheLetter) {
  refusing_.poison({"replaced"});
  PipelineOptions options;
  options.own_events = false;
  options.sinks = {refusing(), letters()};
  TriggerOptions trigger;
  trigger.event = "login";
  trigger.details.message = "replaced";
  options.triggers = {trigger};
  Pipeline& pipeline = start(std::move(options));
  pipeline.logger("x").event("login").info("original");
  ASSERT_TRUE(pipeline.flush(patience));
  EXPECT_THAT(messages_of(letters_.events()), ElementsAre("original"));
}

// A letter's fields stay what they are along a chain; a replay begins anew.
TEST_F(DeadLetterTest, AReplayedEventThatIsRefusedAgainIsALetterOfThatRefusal) {
  refusing_.poison({"bad"});
  Pipeline& pipeline = start({refusing(), letters()});
  const std::string_view destinations[] = {"refusing"};
  const FieldView fields[] = {{"n", std::int64_t{5}}};
  ASSERT_TRUE(pipeline.submit(
      {.message = "bad", .fields = fields, .destinations = destinations, .as_is = true}));
  ASSERT_TRUE(pipeline.flush(patience));
  ASSERT_EQ(letters_.size(), 1u);
  auto seen = fields_of(letters_.events().front());
  EXPECT_EQ(seen["n"], "5");
  EXPECT_EQ(seen["dead_letter_sink"], "refusing");
  EXPECT_EQ(seen["dead_letter_reason"], "scripted reject");
  EXPECT_EQ(seen["dead_letter_attempts"], "1");
}

TEST_F(DeadLetterTest, AnEventThatStoodForManyTellsHowMany) {
  refusing_.otherwise({.kind = Kind::reject});
  SinkOptions options = refusing();
  options.limits.deduplicate = 1h;
  PipelineOptions all;
  all.own_events = false;
  all.sinks = {options, letters()};
  all.triggers = {{.event = "e", .details = {.message = "replaced"}}};
  Pipeline& pipeline = start(std::move(all));
  const Logger log = pipeline.logger("x");
  const auto say = [](const Logger& to, int i) { to.info("again", field("i", i)); };
  for (int i = 0; i < 5; ++i) say(log, i);
  for (int i = 0; i < 3; ++i) say(log.tag("t").event("e").with(field("more", i)), i);
  ASSERT_TRUE(pipeline.flush(patience));
  const std::vector<OwnedEvent> seen = letters_.events();
  ASSERT_EQ(seen.size(), 4u);
  EXPECT_EQ(seen[0].field("repeated"), nullptr);
  EXPECT_EQ(seen[1].field("repeated"), nullptr);
  auto plain = fields_of(seen[2]);
  EXPECT_EQ(plain["repeated"], "4");
  EXPECT_EQ(plain["i"], "4") << "the arguments are what they were";
  auto replaced = fields_of(seen[3]);
  EXPECT_EQ(replaced["repeated"], "2");
  EXPECT_EQ(replaced["more"], "2");
  EXPECT_EQ(replaced["i"], "2");
  EXPECT_THAT(seen[3].tags, ElementsAre("t"));
  EXPECT_EQ(seen[3].message, "again");
}

TEST_F(DeadLetterTest, ASinkThatTakesDeadLettersOnlyIsNoDestination) {
  Pipeline& pipeline = start({letters(), CountingSink().options("other")});
  pipeline.logger("x").to({"letters", "other"}).info("by a call");
  const std::string_view destinations[] = {"letters"};
  ASSERT_TRUE(pipeline.submit({.message = "submitted", .destinations = destinations}));
  ASSERT_TRUE(pipeline.flush(patience));
  const PipelineStats stats = pipeline.stats();
  EXPECT_EQ(letters_.size(), 0u);
  EXPECT_EQ(stats.unknown_destination, 2);
  EXPECT_THAT(stats.unknown_destination_names, ElementsAre("letters"));
  EXPECT_EQ(stats.sink("other")->delivered, 1);
  EXPECT_FALSE(stats.all_delivered());
}

TEST_F(DeadLetterTest, ARouteThatLeadsBackIsAnError) {
  PipelineOptions options;
  options.sinks = {refusing(), letters()};
  options.sinks[1].dead_letter = "refusing";
  EXPECT_EQ(validate(options).size(), 2u) << "one for each of the two";
  options.sinks[1].dead_letter = "nobody";
  EXPECT_EQ(validate(options).size(), 1u);
}

}  // namespace
}  // namespace penstock::test
