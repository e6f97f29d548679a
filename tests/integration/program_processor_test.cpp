// SPDX-License-Identifier: Apache-2.0
// The processor `redact`, a real plugin, in the real program.
#include <filesystem>
#include <string>

#include "program_support.hpp"
#include "safe_folder.hpp"

namespace penstock::test {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

class ProgramRedact : public ProgramTest {
 protected:
  void SetUp() override {
    plugins_ = make_safe_folder();
    ASSERT_FALSE(plugins_.empty()) << "$XDG_RUNTIME_DIR, $HOME or the build folder must be such "
                                      "that nobody else can write to it";
    std::filesystem::copy_file(PENSTOCK_PLUGINS "/redact.penstock.so", file());
    std::filesystem::permissions(file(), static_cast<std::filesystem::perms>(0644));
  }
  void TearDown() override {
    std::error_code error;
    if (!plugins_.empty()) std::filesystem::remove_all(plugins_, error);
  }
  std::filesystem::path file() const { return plugins_ / "redact.penstock.so"; }
  // The JSON file `clear` of a sink without processors, and `out` of one with these.
  int run(const std::string& processors, const std::string& line) const {
    configure("plugins: {directories: ['" + plugins_.string() +
              "']}\nlogging:\n  sinks:\n"
              "    - {name: clear, type: file, path: '{DIR}/clear', format: json}\n"
              "    - name: out\n      type: file\n      path: '{DIR}/out.json'\n"
              "      format: json\n      processors:\n" +
              processors);
    write("input", line + "\n");
    return Program(
               {.arguments = {"run", "-c", path("penstock.yml"), "--report", path("report.json")},
                .input_file = path("input"),
                .output_file = path("output"),
                .error_file = path("err")})
        .wait();
  }

  std::filesystem::path plugins_{};
};

TEST_F(ProgramRedact, ReplacesFieldsByKeyAndTextByPattern) {
  const std::string line =
      R"({"message": "card 4111111111111111 of a", "Password": "p", "note": "4111111111111111 again", "n": 5})";
  ASSERT_EQ(run("        - {type: redact, patterns: ['\\b[0-9]{13,16}\\b'], replacement: '\\1x'}\n",
                line),
            0)
      << read("err");
  const nlohmann::json event = json_of("out.json").at(0);
  EXPECT_EQ(event["message"], "card \\1x of a");
  EXPECT_EQ(event["fields"]["Password"], "\\1x");
  EXPECT_EQ(event["fields"]["note"], "\\1x again");
  EXPECT_EQ(event["fields"]["n"], 5);
  EXPECT_EQ(json_of("clear").at(0)["message"], "card 4111111111111111 of a");
  expect_exact_account(report());
}

TEST_F(ProgramRedact, LooksAtNumbersTagsAndTheNameOfTheEvent) {
  const std::string line =
      R"({"message": "m", "card": 4111111111111111, "rate": 4111111111111111.5, "event": "e 4111111111111111", "tags": ["t 4111111111111111", "u"]})";
  ASSERT_EQ(run("        - {type: redact, patterns: ['[0-9]{13,16}']}\n", line), 0) << read("err");
  EXPECT_THAT(read("out.json"), Not(HasSubstr("411111")));
  EXPECT_EQ(json_of("out.json").at(0)["fields"]["card"], "[redacted]");
  EXPECT_EQ(json_of("out.json").at(0)["tags"][1], "u");
}

TEST_F(ProgramRedact, AMatchOfNothingIsPassedOver) {
  ASSERT_EQ(run("        - {type: redact, patterns: ['\\bx*']}\n", R"({"message": "a xx b"})"), 0);
  EXPECT_EQ(json_of("out.json").at(0)["message"], "a [redacted] b");
}

TEST_F(ProgramRedact, OneThatIsNotSignedIsTold) {
  ASSERT_EQ(run("        - {type: redact}\n", R"({"message": "a"})"), 0);
  EXPECT_THAT(read("err"), HasSubstr("signature-missing"));
}

TEST_F(ProgramRedact, APatternWithLettersWhoseBytesItWouldTakeApartIsRefused) {
  EXPECT_EQ(
      run("        - {type: redact, patterns: ['(?i)schl\u00fcssel']}\n", R"({"message": "a"})"),
      0);
  EXPECT_THAT(read("err"), HasSubstr("letters beyond ASCII"));
}

TEST_F(ProgramRedact, APatternThatIsWrongLeavesTheSinkOutAndTheOtherOneRuns) {
  EXPECT_EQ(run("        - {type: redact, patterns: ['(']}\n", R"({"message": "a"})"), 0);
  EXPECT_THAT(read("err"), AllOf(HasSubstr("the pattern '('"), HasSubstr("org.penstock.redact")));
  EXPECT_FALSE(std::filesystem::exists(path("out.json")));
  EXPECT_EQ(json_of("clear").size(), 1u);
}

TEST_F(ProgramRedact, APatternThatMatchesNothingAtAllIsRefused) {
  EXPECT_EQ(run("        - {type: redact, patterns: ['x*']}\n", R"({"message": "a"})"), 0);
  EXPECT_THAT(read("err"), HasSubstr("matches the empty text"));
}

TEST_F(ProgramRedact, ItsOptionsAreChecked) {
  EXPECT_EQ(run("        - {type: redact, pattern: x}\n", R"({"message": "a"})"), 2);
  EXPECT_THAT(read("err"), AllOf(HasSubstr(":10:26: unknown key 'pattern' (did you mean"),
                                 HasSubstr("patterns")));
}

TEST_F(ProgramRedact, ASinkWhoseProcessorIsGoneIsLeftOutAndNotRunWithoutIt) {
  std::filesystem::remove(file());
  EXPECT_EQ(run("        - {type: redact}\n", R"({"message": "a"})"), 0);
  EXPECT_THAT(read("err"), HasSubstr("no plugin provides the processor type 'redact'"));
  EXPECT_FALSE(std::filesystem::exists(path("out.json")));
  EXPECT_EQ(json_of("clear").size(), 1u);
}

}  // namespace
}  // namespace penstock::test
