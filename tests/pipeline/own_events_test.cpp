// SPDX-License-Identifier: Apache-2.0
// What the pipeline tells of its own troubles, and to whom.
#include <string>

#include "answer_fixture.hpp"

namespace penstock::test {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

class OwnEventsTest : public AnswerTest {
 protected:
  Pipeline& start_telling(std::vector<SinkOptions> sinks) {
    PipelineOptions options;
    options.default_level = Level::trace;
    options.sinks = std::move(sinks);
    return start(std::move(options));
  }
  bool told(std::string_view what) const {
    return eventually([&] {
      for (const OwnedEvent& event : well_.events()) {
        if (event.logger == "penstock" && event.message.find(what) != std::string::npos)
          return true;
      }
      return false;
    });
  }
  MemorySink well_{};
};

TEST_F(OwnEventsTest, ASinkThatIsDownIsToldOfAtTheOthersOnceAndWhenItIsBack) {
  FaultySink faulty;
  faulty.otherwise({.kind = Kind::retry});
  SinkOptions options = quick(faulty.options("faulty"));
  options.retry.breaker_failures = 3;
  Pipeline& pipeline = start_telling({options, well_.options("well")});
  pipeline.logger("x").info("a");
  EXPECT_TRUE(told("sink 'faulty' cannot deliver: scripted retry"));
  EXPECT_TRUE(told("sink 'faulty' goes on failing"));
  ASSERT_TRUE(faulty.wait_for_writes(10));
  faulty.otherwise({});
  EXPECT_TRUE(told("sink 'faulty' delivers again: after"));
  ASSERT_TRUE(pipeline.flush(patience));
  EXPECT_EQ(well_.size(), 4u);
  for (const OwnedEvent& event : well_.events()) {
    if (event.logger != "penstock") continue;
    ASSERT_EQ(event.fields.size(), 1u);
    EXPECT_EQ(event.fields[0].first, "sink");
    EXPECT_EQ(event.level,
              event.message.find("again") == std::string::npos ? Level::warning : Level::info);
  }
  EXPECT_THAT(faulty.delivered(), ::testing::ElementsAre("a")) << "never onto the failing route";
  EXPECT_TRUE(eventually([&] { return pipeline.stats().own_events == 3; }));
  const PipelineStats stats = pipeline.stats();
  EXPECT_EQ(stats.accepted, 4);
  EXPECT_EQ(stats.sink("faulty")->filtered, 3);
}

TEST_F(OwnEventsTest, DropsAreToldOfWhenTheyBegin) {
  GateSink gate;
  Pipeline& pipeline =
      start_telling({tiny(gate.options("gate"), WhenFull::drop_newest), well_.options("well")});
  const Logger log = pipeline.logger("x");
  for (int i = 0; i < 20'000; ++i) log.info("{}", i);
  EXPECT_TRUE(told("sink 'gate' loses events"));
  gate.open();
}

TEST_F(OwnEventsTest, ASinkThatIsStuckIsToldOfOnce) {
  GateSink gate;
  SinkOptions options = gate.options("gate");
  options.call_timeout = 2ms;
  Pipeline& pipeline = start_telling({options, well_.options("well")});
  pipeline.logger("x").info("a");
  EXPECT_TRUE(told("sink 'gate' is stuck: a call of it takes longer than 0.002 s"));
  gate.open();
  EXPECT_TRUE(told("sink 'gate' is no longer stuck"));
  // It is counted after it was sent.
  EXPECT_TRUE(eventually([&] { return pipeline.stats().own_events == 2; }));
}

TEST_F(OwnEventsTest, ALevelOfTheLoggerHolds) {
  FaultySink faulty({{.kind = Kind::retry}});
  PipelineOptions options;
  options.sinks = {quick(faulty.options("faulty")), well_.options("well")};
  options.levels = {{"penstock", Level::warning}};
  Pipeline& pipeline = start(std::move(options));
  pipeline.logger("x").info("a");
  EXPECT_TRUE(told("cannot deliver"));
  ASSERT_TRUE(pipeline.flush(patience));
  EXPECT_TRUE(pipeline.stop(patience).complete);
  for (const OwnedEvent& event : well_.events()) {
    EXPECT_THAT(event.message, Not(HasSubstr("delivers again")));
  }
}

TEST_F(OwnEventsTest, ASinkForDeadLettersGetsNone) {
  FaultySink faulty({{.kind = Kind::retry}});
  MemorySink letters;
  SinkOptions options = letters.options("letters");
  options.only_dead_letters = true;
  Pipeline& pipeline =
      start_telling({quick(faulty.options("faulty")), options, well_.options("well")});
  pipeline.logger("x").info("a");
  EXPECT_TRUE(told("delivers again"));
  ASSERT_TRUE(pipeline.flush(patience));
  EXPECT_THAT(letters.events(), IsEmpty());
}

}  // namespace
}  // namespace penstock::test
