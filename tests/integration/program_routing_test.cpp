// SPDX-License-Identifier: Apache-2.0
// Levels, destinations, event triggers, chained triggers and tag triggers, end to end: every rule
// of the framework, once, through the program. (In `model` every combination is tried.)
#include "program_support.hpp"

namespace penstock::test {
namespace {

using nlohmann::json;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr std::string_view framework = R"(logging:
  default_level: INFO
  levels: {noisy: ERROR}
  sinks:
    - {name: main, type: file, path: "{DIR}/main.json", format: json}
    - {name: debug_file, type: file, level: DEBUG, path: "{DIR}/debug.json", format: json}
    - {name: security_log, type: file, level: WARNING, path: "{DIR}/security.json", format: json}
triggers:
  - event: user_login_failed
    action: log_security_event
    details:
      message: a login failed
      level: WARNING
      destinations: [debug_file]
      extra: {team: auth, tries: 3}
  - event: user_login_failed
    action: never_reached
    details: {message: "the first trigger wins"}
  - event: plain
    action: replace
    details: {}
  - event: first
    action: chain
    details: {message: one, extra: {event: second}}
  - event: second
    action: chain
    details: {message: two, level: ERROR, destinations: [main]}
  - tag: security
    action: route_to_sink
    details: {destination: security_log}
)";

class ProgramRouting : public ProgramTest {
 protected:
  int run(std::string_view lines) {
    const std::string config = configure(framework);
    Program program({.arguments = {"run", "-c", config, "--report", path("report.json")},
                     .input_file = write("input", lines),
                     .error_file = path("err")});
    const int code = program.wait();
    expect_exact_account(report());
    return code;
  }
  std::vector<std::string> messages(std::string_view name) const {
    std::vector<std::string> texts;
    for (const json& event : json_of(name)) texts.push_back(event["message"]);
    return texts;
  }
};

TEST_F(ProgramRouting, WithoutDestinationsEverySinkTakesItByItsLevel) {
  ASSERT_EQ(run(R"({"message":"d","level":"DEBUG"}
{"message":"i"}
{"message":"w","level":"WARNING"}
)"),
            0);
  EXPECT_THAT(messages("main.json"), ElementsAre("i", "w"));
  EXPECT_THAT(messages("debug.json"), ElementsAre("d", "i", "w"));
  EXPECT_THAT(messages("security.json"), ElementsAre("w"));
}

TEST_F(ProgramRouting, DestinationsNarrowItAndLevelsStillHold) {
  ASSERT_EQ(run(R"({"message":"i","destinations":["main","security_log"]}
{"message":"e","level":"ERROR","destinations":["security_log","security_log"]}
)"),
            0);
  EXPECT_THAT(messages("main.json"), ElementsAre("i"));
  EXPECT_THAT(messages("debug.json"), IsEmpty());
  EXPECT_THAT(messages("security.json"), ElementsAre("e"));
}

TEST_F(ProgramRouting, LevelsOfLoggersHoldForTheirNames) {
  ASSERT_EQ(run(R"({"message":"quiet","logger":"noisy.part","level":"WARNING"}
{"message":"loud","logger":"noisy.part","level":"ERROR"}
{"message":"other","logger":"noisyer"}
)"),
            0);
  EXPECT_THAT(messages("main.json"), ElementsAre("loud", "other"));
  EXPECT_EQ(report()["sinks"]["main"]["filtered"], 1);
}

TEST_F(ProgramRouting, AnEventTriggerReplacesTheEvent) {
  ASSERT_EQ(run(R"({"message":"original","event":"user_login_failed","level":"CRITICAL","user":"u"}
)"),
            0);
  EXPECT_THAT(messages("main.json"), IsEmpty());
  EXPECT_THAT(messages("security.json"), IsEmpty());
  const std::vector<json> events = json_of("debug.json");
  ASSERT_EQ(events.size(), 1U);
  EXPECT_EQ(events[0]["message"], "a login failed");
  EXPECT_EQ(events[0]["level"], "WARNING");
  EXPECT_EQ(events[0]["fields"], json({{"team", "auth"}, {"tries", 3}}));
  EXPECT_EQ(report()["accepted"], 1);
}

TEST_F(ProgramRouting, AnEventTriggerHasDefaults) {
  ASSERT_EQ(run(R"({"message":"original","event":"plain","level":"DEBUG","destinations":["main"]}
)"),
            0);
  EXPECT_THAT(messages("main.json"), ElementsAre("Triggered by event: plain"));
  EXPECT_THAT(messages("debug.json"), ElementsAre("Triggered by event: plain"));
  EXPECT_EQ(json_of("main.json")[0]["level"], "INFO");
}

TEST_F(ProgramRouting, TriggersChain) {
  ASSERT_EQ(run(R"({"message":"original","event":"first"}
)"),
            0);
  EXPECT_THAT(messages("main.json"), ElementsAre("two"));
  EXPECT_THAT(messages("debug.json"), IsEmpty());
}

TEST_F(ProgramRouting, ATagTriggerAddsASinkThatItsLevelAllows) {
  ASSERT_EQ(run(R"({"message":"low","tags":["security"],"destinations":["main"]}
{"message":"high","level":"ERROR","tags":["other","security","security"],"destinations":["main"]}
{"message":"once","level":"ERROR","tags":["security"],"destinations":["security_log"]}
)"),
            0);
  EXPECT_THAT(messages("main.json"), ElementsAre("low", "high"));
  EXPECT_THAT(messages("security.json"), ElementsAre("high", "once"));
}

TEST_F(ProgramRouting, UnknownDestinationsAreCountedAndNamedOnce) {
  ASSERT_EQ(run(R"({"message":"a","destinations":["nowhere"]}
{"message":"b","destinations":["nowhere","main"]}
)"),
            1);
  EXPECT_THAT(messages("main.json"), ElementsAre("b"));
  EXPECT_EQ(report()["dropped"]["unknown_destination"], 2);
  EXPECT_EQ(report()["unknown_destinations"], json({"nowhere"}));
}

}  // namespace
}  // namespace penstock::test
