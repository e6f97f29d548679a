// SPDX-License-Identifier: Apache-2.0
// The program as its users see it: lines in, files and an account out.
#include <signal.h>

#include "program_support.hpp"

namespace penstock::test {
namespace {

using nlohmann::json;
using ::testing::AllOf;
using ::testing::ContainsRegex;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

// Everything as JSON, as fast as it comes.
constexpr std::string_view one_json_file = R"(logging:
  default_level: TRACE
  sinks:
    - {name: all, type: file, path: "{DIR}/all.json", format: json, max_bytes: 0,
       batch: {linger: 0}}
)";

class ProgramRun : public ProgramTest {
 protected:
  // Runs it to its end, with that text as standard input. Returns its exit code.
  int run(std::string_view input, std::vector<std::string> more = {}) {
    std::vector<std::string> arguments = {"run", "-c", path("penstock.yml"), "--report",
                                          path("report.json")};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return run_program(std::move(arguments), input);
  }
  int run_program(std::vector<std::string> arguments, std::string_view input = {}) {
    Program program({.arguments = std::move(arguments),
                     .input_file = write("input", input),
                     .output_file = path("out"),
                     .error_file = path("err")});
    return program.wait();
  }
  std::vector<std::string> messages(std::string_view name) const {
    std::vector<std::string> texts;
    for (const json& event : json_of(name)) texts.push_back(event["message"]);
    return texts;
  }
};

// ---- formats

TEST_F(ProgramRun, TextLinesAreMessagesAtInfo) {
  configure(one_json_file);
  ASSERT_EQ(run("first\r\n{\"message\":\"as it is\"}\n\nlast", {"--format", "text"}), 0);
  EXPECT_THAT(messages("all.json"), ElementsAre("first", "{\"message\":\"as it is\"}", "last"));
  for (const json& event : json_of("all.json")) EXPECT_EQ(event["level"], "INFO");
  EXPECT_EQ(report()["accepted"], 3);
  EXPECT_EQ(report()["empty_lines"], 1);
  EXPECT_EQ(report()["malformed_lines"], 0);
  EXPECT_EQ(report()["sinks"]["all"]["delivered"], 3);
  expect_exact_account(report());
}

TEST_F(ProgramRun, EveryKeyOfNdjsonArrives) {
  configure(one_json_file);
  ASSERT_EQ(
      run(R"({"message":"hi \"you\"","level":"Error","logger":"a.b","event":"login",)"
          R"("destinations":["all"],"tags":["t1","t2"],"timestamp":"2026-01-02T03:04:05.25+01:00",)"
          R"("trace_id":"0af7651916cd43dd8448eb211c80319c","span_id":"b7ad6b7169203331",)"
          R"("int":-7,"uint":18446744073709551615,"real":2.5,"yes":true,"text":"é",)"
          R"("null":null,"list":[1,{"a":2}],"big":123456789012345678901234567890})"
          "\n",
          {"--format", "ndjson"}),
      0);
  const std::vector<json> events = json_of("all.json");
  ASSERT_EQ(events.size(), 1U);
  const json& event = events[0];
  EXPECT_EQ(event["message"], "hi \"you\"");
  EXPECT_EQ(event["level"], "ERROR");
  EXPECT_EQ(event["logger"], "a.b");
  EXPECT_EQ(event["event"], "login");
  EXPECT_EQ(event["tags"], json({"t1", "t2"}));
  EXPECT_EQ(event["time"], "2026-01-02T02:04:05.250000000Z");
  EXPECT_EQ(event["trace_id"], "0af7651916cd43dd8448eb211c80319c");
  EXPECT_EQ(event["span_id"], "b7ad6b7169203331");
  const json& fields = event["fields"];
  EXPECT_EQ(fields["int"], -7);
  EXPECT_EQ(fields["uint"], 18446744073709551615U);
  EXPECT_EQ(fields["real"], 2.5);
  EXPECT_EQ(fields["yes"], true);
  EXPECT_EQ(fields["text"], "é");
  EXPECT_EQ(fields["null"], "null");
  EXPECT_EQ(fields["list"], "[1,{\"a\":2}]");
  EXPECT_EQ(fields["big"], "123456789012345678901234567890");
  EXPECT_EQ(fields.size(), 8U);
}

TEST_F(ProgramRun, MalformedLinesGoOnAsText) {
  configure(one_json_file);
  ASSERT_EQ(run("{\"message\":\"fine\"}\nplain\n{\"level\":\"loud\"}\n{\"a\":\n\xff\n \n",
                {"--format", "ndjson"}),
            0);
  const std::vector<json> events = json_of("all.json");
  ASSERT_EQ(events.size(), 5U);
  EXPECT_FALSE(events[0].contains("fields"));
  EXPECT_EQ(events[1]["message"], "plain");
  EXPECT_EQ(events[1]["fields"]["malformed"], "not a JSON object");
  EXPECT_EQ(events[2]["message"], "{\"level\":\"loud\"}");
  EXPECT_EQ(events[2]["fields"]["malformed"], "'level' is 'loud', which is no level");
  EXPECT_TRUE(events[3]["fields"].contains("malformed"));
  EXPECT_EQ(report()["malformed_lines"], 4);
  EXPECT_EQ(report()["lines"], 6);
  EXPECT_THAT(read("err"), HasSubstr("malformed lines: 4"));
}

TEST_F(ProgramRun, AutomaticMixesThem) {
  configure(one_json_file);
  ASSERT_EQ(run("plain\n{\"message\":\"json\"}\n{ not json\n{\"message\":1}\n"), 0);
  EXPECT_THAT(messages("all.json"), ElementsAre("plain", "json", "{ not json", "{\"message\":1}"));
  EXPECT_EQ(report()["malformed_lines"], 2);
}

TEST_F(ProgramRun, AnyBytesArriveInOneLineEach) {
  using namespace std::string_literals;
  configure(one_json_file);
  ASSERT_EQ(run("nul \0 esc \x1b[31m bad \xff\xc3 end\nnext\n"s, {"--format", "text"}), 0);
  const std::vector<std::string> seen = messages("all.json");
  ASSERT_EQ(seen.size(), 2U);
  EXPECT_TRUE(seen[0].starts_with("nul \0 esc \x1b[31m bad "s));
  EXPECT_TRUE(seen[0].ends_with(" end"));
}

TEST_F(ProgramRun, LinesOfSeventeenMegabytesComeInPieces) {
  configure(R"(logging:
  max_event_bytes: 16MiB
  sinks:
    - {name: all, type: file, path: "{DIR}/all.json", format: json, max_bytes: 0,
       queue: {max_bytes: 256MiB}}
)");
  const std::string half(8 << 20, 'a');
  const std::string tail(1000, 'b');
  ASSERT_EQ(run("x\n" + half + half + tail + "\ny\n"), 0) << read("err");
  const std::vector<json> events = json_of("all.json");
  ASSERT_EQ(events.size(), 4U);
  EXPECT_EQ(events[1]["fields"]["continued"], true);
  EXPECT_EQ(events[2]["message"], tail);
  EXPECT_EQ(events[2]["fields"]["continued"], false);
  EXPECT_EQ(events[3]["message"], "y");
  EXPECT_EQ(report()["malformed_lines"], 1);
  EXPECT_EQ(report()["lines"], 3);
}

// ---- inputs

TEST_F(ProgramRun, ReadsSeveralFilesInOrder) {
  configure(one_json_file);
  write("a.log", "a1\na2");  // without an end of its last line
  write("b.log", "b1\n");
  ASSERT_EQ(run("stdin\n", {"--input", path("a.log"), path("b.log"), "--input", "-"}), 0);
  EXPECT_THAT(messages("all.json"), ElementsAre("a1", "a2", "b1", "stdin"));
}

TEST_F(ProgramRun, ALineIsForwardedAsSoonAsItIsThere) {
  const std::string config = configure(one_json_file);
  Program program({.arguments = {"run", "-c", config}, .error_file = path("err")});
  for (int i = 1; i <= 3; ++i) {
    ASSERT_TRUE(program.write("line\nbegi"));
    ASSERT_TRUE(eventually([&] { return lines_of("all.json").size() == 2U * unsigned(i) - 1; }));
    ASSERT_TRUE(program.write("nning\n"));
    ASSERT_TRUE(eventually([&] { return lines_of("all.json").size() == 2U * unsigned(i); }));
  }
  program.end_input();
  EXPECT_EQ(program.wait(), 0);
}

TEST_F(ProgramRun, AnEmptyInputIsAllRight) {
  configure(one_json_file);
  ASSERT_EQ(run(""), 0);
  EXPECT_EQ(report()["accepted"], 0);
  expect_exact_account(report());
}

// ---- ends

TEST_F(ProgramRun, UnknownDestinationsEndInOne) {
  configure(one_json_file);
  ASSERT_EQ(run(R"({"message":"m","destinations":["nowhere","all"]})"
                "\n"),
            1);
  EXPECT_EQ(report()["dropped"]["unknown_destination"], 1);
  EXPECT_EQ(report()["unknown_destinations"], json({"nowhere"}));
  EXPECT_THAT(read("err"), HasSubstr("unknown destinations: 1 (nowhere)"));
  EXPECT_THAT(messages("all.json"), ElementsAre("m"));
  expect_exact_account(report());
}

TEST_F(ProgramRun, AWrongConfigurationStartsNothing) {
  configure(std::string(one_json_file) + "    - {name: all, type: fiel}\n  sinsk: []\n");
  EXPECT_EQ(run("line\n"), 2);
  EXPECT_FALSE(exists("all.json"));
  EXPECT_FALSE(exists("report.json"));
  EXPECT_THAT(read("err"),
              AllOf(ContainsRegex("penstock.yml:[0-9]+:[0-9]+: "), HasSubstr("did you mean 'file'"),
                    HasSubstr("did you mean 'sinks'")));
}

TEST_F(ProgramRun, AMissingInputStartsNothing) {
  configure(one_json_file);
  EXPECT_EQ(run("line\n", {"--input", path("missing.log")}), 2);
  EXPECT_FALSE(exists("all.json"));
  EXPECT_THAT(read("err"), HasSubstr("missing.log: No such file"));
}

TEST_F(ProgramRun, WrongUsageStartsNothing) {
  configure(one_json_file);
  EXPECT_EQ(run("line\n", {"--fromat", "text"}), 2);
  EXPECT_FALSE(exists("all.json"));
  EXPECT_THAT(read("err"), HasSubstr("did you mean '--format'?"));
}

TEST_F(ProgramRun, AReportThatCannotBeWrittenIsAnError) {
  const std::string config = configure(one_json_file);
  EXPECT_EQ(run_program({"run", "-c", config, "--report", path("no/such/folder/r.json")}, "line\n"),
            1);
  EXPECT_THAT(read("err"), HasSubstr("cannot write the report"));
  EXPECT_THAT(messages("all.json"), ElementsAre("line"));
}

TEST_F(ProgramRun, TheReportReplacesAnOlderOneAsAWhole) {
  configure(one_json_file);
  write("report.json", std::string(100'000, 'x'));
  ASSERT_EQ(run("line\n"), 0);
  EXPECT_EQ(report()["accepted"], 1);
  for (const auto& entry : std::filesystem::directory_iterator(path("."))) {
    EXPECT_THAT(entry.path().string(), Not(HasSubstr(".tmp")));
  }
}

TEST_F(ProgramRun, TheReportCanGoToStandardOutput) {
  const std::string config = configure(one_json_file);
  ASSERT_EQ(run_program({"run", "-c", config, "--report", "-", "--quiet"}, "line\n"), 0);
  EXPECT_EQ(json::parse(read("out"))["accepted"], 1);
  EXPECT_EQ(read("err"), "");
}

TEST_F(ProgramRun, ABrokenPipeForItsTalkChangesNothing) {
  const std::string config = configure(one_json_file);
  Program program({.arguments = {"run", "-c", config},
                   .input_file = write("input", "line\n"),
                   .error_is_broken_pipe = true});
  EXPECT_EQ(program.wait(), 0);
  EXPECT_THAT(messages("all.json"), ElementsAre("line"));
}

// ---- sinks together

TEST_F(ProgramRun, TheAccountIsWhatIsInTheFiles) {
  configure(R"(logging:
  default_level: INFO
  sinks:
    - {name: console, type: console, level: WARNING}
    - {name: text, type: file, path: "{DIR}/all.log", max_bytes: 0, format: {type: text,
       pattern: "{level} {message}"}}
    - {name: json, type: file, path: "{DIR}/errors.json", format: json, level: ERROR}
    - {name: logfmt, type: file, path: "{DIR}/debug.logfmt", format: logfmt, level: TRACE}
)");
  std::string input;
  constexpr const char* levels[] = {"TRACE", "DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"};
  for (int i = 0; i < 6000; ++i) {
    input += R"({"message":"m)" + std::to_string(i) + R"(","level":")" + levels[i % 6] + "\"}\n";
  }
  ASSERT_EQ(run(input), 0) << read("err");
  const json report = this->report();
  expect_exact_account(report);
  EXPECT_EQ(report["accepted"], 6000);
  EXPECT_EQ(report["sinks"]["console"]["delivered"], 3000);
  EXPECT_EQ(report["sinks"]["console"]["filtered"], 3000);
  EXPECT_EQ(lines_of("out").size(), 3000U);
  EXPECT_EQ(lines_of("all.log").size(), report["sinks"]["text"]["delivered"]);
  EXPECT_EQ(lines_of("all.log")[0], "INFO     m2");  // levels are aligned
  EXPECT_EQ(lines_of("errors.json").size(), report["sinks"]["json"]["delivered"]);
  EXPECT_EQ(lines_of("debug.logfmt").size(), 6000U);
  EXPECT_THAT(read("err"), HasSubstr("everything that was accepted was delivered or filtered"));
  EXPECT_THAT(read("out"), Not(HasSubstr("\x1b")));
  EXPECT_THAT(read("err"), Not(HasSubstr("\x1b")));
}

// ---- the other commands

TEST_F(ProgramRun, CheckRunsTheCodeOfStartUpAndOpensNothing) {
  const std::string config = configure(one_json_file);
  EXPECT_EQ(run_program({"check", "-c", config}), 0);
  EXPECT_EQ(read("out"), config + ": ok: 1 sink, 0 triggers\n");
  EXPECT_FALSE(exists("all.json"));
}

TEST_F(ProgramRun, CheckSaysWhatRunSays) {
  const std::string config = configure("logging:\n  default_level: LOUD\n  sinks: []\n");
  EXPECT_EQ(run_program({"check", "-c", config}), 2);
  const std::string checked = read("err");
  EXPECT_THAT(checked, HasSubstr("penstock.yml:2:18: "));
  EXPECT_EQ(lines_of("err").size(), 2U);
  EXPECT_EQ(run_program({"run", "-c", config}), 2);
  EXPECT_EQ(read("err"), checked);
}

TEST_F(ProgramRun, HelpAndVersionGoToStandardOutput) {
  EXPECT_EQ(run_program({"--version"}), 0);
  EXPECT_EQ(read("out"), "penstock 0.1.0\n");
  EXPECT_EQ(run_program({"run", "--help"}), 0);
  EXPECT_THAT(read("out"), HasSubstr("Exit status"));
  EXPECT_EQ(run_program({}), 2);
  EXPECT_EQ(read("out"), "");
}

}  // namespace
}  // namespace penstock::test
