// SPDX-License-Identifier: Apache-2.0
// From a sink that cannot deliver, by way of its dead letters, to a sink that can.
#include "program_support.hpp"

namespace penstock::test {
namespace {

using nlohmann::json;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class ProgramReplay : public ProgramTest {
 protected:
  // Lines that a full disk kept out of `orders` end as dead letters.
  void make_letters() {
    const std::string config = configure(R"(logging:
  own_events: false
  sinks:
    - {name: orders, type: file, path: /dev/full, dead_letter: refused, max_bytes: 0,
       retry: {expire_after: 5ms, min_backoff: 1ms, max_backoff: 2ms}}
    - {name: refused, type: file, path: "{DIR}/refused.ndjson", format: json,
       only_dead_letters: true}
    - {name: other, type: "null"}
)");
    Program program({.arguments = {"run", "-c", config, "--report", path("report.json")},
                     .input_file = write("input",
                                         "one\n"
                                         R"({"message":"two","level":"ERROR","n":5,)"
                                         R"("logger":"a.b","tags":["t"]})"
                                         "\n"),
                     .error_file = path("err")});
    EXPECT_EQ(program.wait(), 1) << read("err");
    expect_exact_account(report());
    EXPECT_EQ(report()["sinks"]["orders"]["dead_lettered"], 2);
    EXPECT_EQ(report()["accepted"], 4);
    EXPECT_EQ(report()["dead_letters"], 2);
    EXPECT_THAT(read("err"), HasSubstr("4 events accepted (with 2 dead letters)"));
  }
  int replay(const std::string& file) {
    return replay(file, configure(R"(logging:
  sinks:
    - {name: orders, type: file, path: "{DIR}/orders.json", format: json}
    - {name: other, type: file, path: "{DIR}/other.json", format: json}
)"));
  }
  int replay(const std::string& file, const std::string& config) {
    Program program({.arguments = {"replay", file, "-c", config, "--report", path("report.json")},
                     .error_file = path("err")});
    const int code = program.wait();
    expect_exact_account(report());
    return code;
  }
};

TEST_F(ProgramReplay, DeadLettersAreSentAgainToTheSinkThatRefusedThem) {
  make_letters();
  const std::vector<json> letters = json_of("refused.ndjson");
  ASSERT_EQ(letters.size(), 2u);
  EXPECT_EQ(letters[0]["fields"]["dead_letter_sink"], "orders");
  EXPECT_EQ(letters[0]["fields"]["dead_letter_reason"], "expired");
  EXPECT_THAT(letters[0]["fields"]["dead_letter_last_error"].get<std::string>(),
              HasSubstr("No space left on device"));
  EXPECT_EQ(replay(path("refused.ndjson")), 0) << read("err");
  const std::vector<json> orders = json_of("orders.json");
  ASSERT_EQ(orders.size(), 2u);
  for (std::size_t i = 0; i < 2; ++i) {
    for (const char* key : {"time", "level", "logger", "message", "tags"}) {
      EXPECT_EQ(orders[i].value(key, json()), letters[i].value(key, json())) << key;
    }
  }
  EXPECT_EQ(orders[1]["fields"]["n"], 5);
  EXPECT_FALSE(orders[1]["fields"].contains("dead_letter_sink"));
  EXPECT_TRUE(json_of("other.json").empty());
}

TEST_F(ProgramReplay, LinesThatAreNoDeadLettersAreToldOfAndTheRestIsSent) {
  const std::string file =
      write("letters", R"({"message":"a","fields":{"dead_letter_sink":"orders"}})"
                       "\n{\"message\":\"b\"}\n"
                       R"({"message":"c","fields":{"dead_letter_sink":"nobody"}})"
                       "\n");
  EXPECT_EQ(replay(file), 1);
  EXPECT_THAT(read("err"), HasSubstr("1 line was left out; the first is line 2: it is no dead "
                                     "letter: it has no field 'dead_letter_sink'"));
  EXPECT_EQ(json_of("orders.json").size(), 1u);
  EXPECT_EQ(report()["dropped"]["unknown_destination"], 1);
}

TEST_F(ProgramReplay, NoRuleOfTheConfigurationIsAskedASecondTime) {
  const std::string config = configure(R"(logging:
  levels: {quiet: CRITICAL}
  sinks:
    - {name: orders, type: file, path: "{DIR}/orders.json", format: json, level: ERROR,
       limits: {sample: 1/100, deduplicate: 1h, rate_limit: 1/s, exempt: never}}
    - {name: other, type: file, path: "{DIR}/other.json", format: json}
    - {name: letters, type: file, path: "{DIR}/letters.json", format: json,
       only_dead_letters: true}
triggers:
  - {event: login, details: {message: replaced, destinations: [orders, other]}}
  - {tag: t, action: route_to_sink, details: {destination: other}}
)");
  std::string lines;
  for (int i = 0; i < 200; ++i) {
    lines += R"({"level":"INFO","logger":"quiet","message":"was","event":"login","tags":["t"],)"
             R"("fields":{"dead_letter_note":"mine","dead_letter_sink":"orders",)"
             R"("dead_letter_attempts":3}})"
             "\n";
  }
  lines += R"({"message":"of a chain","fields":{"dead_letter_sink":"letters"}})"
           "\n";
  EXPECT_EQ(replay(write("again", lines), config), 0) << read("err");
  const std::vector<json> orders = json_of("orders.json");
  ASSERT_EQ(orders.size(), 200u);
  for (const json& event : orders) {
    ASSERT_EQ(event["message"], "was");
    ASSERT_EQ(event["level"], "INFO");
    ASSERT_EQ(event["fields"], json({{"dead_letter_note", "mine"}}));
  }
  EXPECT_TRUE(json_of("other.json").empty());
  ASSERT_EQ(json_of("letters.json").size(), 1u);
  EXPECT_EQ(json_of("letters.json")[0]["message"], "of a chain");
}

TEST_F(ProgramReplay, ALetterThatIsRefusedAgainIsALetterOfThatRefusal) {
  const std::string config = configure(R"(logging:
  own_events: false
  sinks:
    - {name: orders, type: file, path: /dev/full, dead_letter: refused, max_bytes: 0,
       retry: {expire_after: 5ms, min_backoff: 1ms, max_backoff: 2ms}}
    - {name: refused, type: file, path: "{DIR}/refused.ndjson", format: json,
       only_dead_letters: true}
)");
  const std::string letter =
      R"({"message":"m","fields":{"n":1,"dead_letter_sink":"orders","dead_letter_reason":"old",)"
      R"("dead_letter_attempts":999999,"dead_letter_last_error":"old"}})"
      "\n";
  EXPECT_EQ(replay(write("again", letter), config), 1) << read("err");
  const std::vector<json> letters = json_of("refused.ndjson");
  ASSERT_EQ(letters.size(), 1u);
  const json& fields = letters[0]["fields"];
  EXPECT_EQ(fields["n"], 1);
  EXPECT_EQ(fields["dead_letter_sink"], "orders");
  EXPECT_EQ(fields["dead_letter_reason"], "expired");
  EXPECT_LT(fields["dead_letter_attempts"], 999999);
  EXPECT_THAT(fields["dead_letter_last_error"].get<std::string>(),
              HasSubstr("No space left on device"));
}

TEST_F(ProgramReplay, TheFileOfASinkIsNotReplayedIntoItself) {
  const std::string config = configure(R"(logging:
  sinks:
    - {name: orders, type: file, path: "{DIR}/orders.json", format: json}
)");
  write("orders.json", "");
  Program program(
      {.arguments = {"replay", path("orders.json"), "-c", config}, .error_file = path("err")});
  EXPECT_EQ(program.wait(), 2);
  EXPECT_THAT(read("err"), HasSubstr("orders.json"));
}

TEST_F(ProgramReplay, NeedsAFile) {
  Program program({.arguments = {"replay", "-c", "x.yml"}, .error_file = path("err")});
  EXPECT_EQ(program.wait(), 2);
  EXPECT_THAT(read("err"), HasSubstr("the file of dead letters is missing"));
}

}  // namespace
}  // namespace penstock::test
