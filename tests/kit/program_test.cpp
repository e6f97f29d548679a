// SPDX-License-Identifier: Apache-2.0
// `penstock plugin test` as a program: which cases it runs, its exit codes, its files.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "kit_support.hpp"
#include "well_formed.hpp"

namespace penstock::test {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

// A folder of its own, gone afterwards.
class PluginTest : public ::testing::Test {
 protected:
  PluginTest() {
    std::string name = ::testing::TempDir() + "penstock-kit-XXXXXX";
    folder_ = ::mkdtemp(name.data());
  }
  ~PluginTest() override { fs::remove_all(folder_); }
  std::string path(const std::string& name) const { return folder_ / name; }
  std::string write(const std::string& name, const std::string& text) const {
    std::ofstream(path(name)) << text;
    return path(name);
  }
  std::string copy(const std::string& from, const std::string& name) const {
    fs::copy_file(from, path(name));
    return path(name);
  }

 private:
  fs::path folder_{};
};

std::string read_file(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

TEST_F(PluginTest, AFileThatIsNoSharedObjectFailsTheFirstCase) {
  const Ran ran = run_kit({write("text.penstock.so", "#!/bin/sh\n")});
  EXPECT_EQ(ran.status, 1);
  EXPECT_THAT(read_tap(ran.output).failed(), ElementsAre("static.file"));
}

TEST_F(PluginTest, AFileOfAnotherNameFailsThatCaseAlone) {
  const Ran ran = run_kit({copy(bad_plugin("good"), "good.so")});
  EXPECT_THAT(read_tap(ran.output).failed(), ElementsAre("static.name")) << ran.output;
}

TEST_F(PluginTest, ASignatureThatCannotBeReadFailsThatCaseAlone) {
  const std::string file = copy(bad_plugin("good"), "good.penstock.so");
  write("good.penstock.so.minisig", "untrusted comment: nothing\nAAAA\n");
  const Ran ran = run_kit({file});
  EXPECT_THAT(read_tap(ran.output).failed(), ElementsAre("static.signature")) << ran.output;
}

TEST_F(PluginTest, AFileThatIsNotThereCannotBeTested) {
  const Ran ran = run_kit({path("missing.penstock.so")});
  EXPECT_EQ(ran.status, 2);
  EXPECT_THAT(ran.output, IsEmpty());
  EXPECT_THAT(ran.error, HasSubstr("missing.penstock.so"));
  EXPECT_THAT(run_kit({"missing.penstock.so"}).error, HasSubstr("is not there"));
}

TEST_F(PluginTest, WrongUsageIsTold) {
  const std::string good = bad_plugin("good");
  EXPECT_EQ(run_kit({}).status, 2);
  EXPECT_EQ(run_kit({good, "--no-such-option"}).status, 2);
  EXPECT_EQ(run_kit({good, "--case", "no.such*"}).status, 2);
  EXPECT_EQ(run_kit({good, "--component", "other"}).status, 2);
  EXPECT_EQ(run_kit({good, "--timeout", "soon"}).status, 2);
  EXPECT_EQ(run_kit({good, "--timeout", "0"}).status, 2);
  EXPECT_EQ(run_kit({good, "--options", "size: 1", "--options-file", "x"}).status, 2);
}

TEST_F(PluginTest, AGlobSelectsCases) {
  const Ran ran = run_kit({bad_plugin("good"), "--case", "write.*e"});
  EXPECT_EQ(ran.status, 0);
  const Tap tap = read_tap(ran.output);
  std::vector<std::string> ids;
  for (const TapLine& line : tap.lines) ids.push_back(line.id);
  EXPECT_THAT(ids, ElementsAre("write.one", "write.unknown-value", "write.hostile", "write.bare",
                               "write.large", "write.wide"));
}

TEST_F(PluginTest, OneCaseOfABadPluginPassesWhenItIsNotThatOne) {
  EXPECT_EQ(run_kit({bad_plugin("few_fields"), "--case", "write.levels"}).status, 0);
  EXPECT_EQ(run_kit({bad_plugin("few_fields"), "--case", "write.wide"}).status, 1);
}

TEST_F(PluginTest, OneComponentCanBeTestedAlone) {
  const Ran ran = run_kit({fixture_plugin("double"), "--component", "fixture", "--case", "life.*"});
  EXPECT_EQ(ran.status, 0) << ran.output << ran.error;
  for (const TapLine& line : read_tap(ran.output).lines) EXPECT_EQ(line.component, "fixture");
}

TEST_F(PluginTest, TheListHasTheCasesOfAPluginAndRunsNone) {
  const Ran ran = run_kit({fixture_plugin("constructor_crashes"), "--list"});
  EXPECT_EQ(ran.status, 0);
  EXPECT_THAT(ran.output, HasSubstr("load.opens "));
  EXPECT_THAT(ran.output, HasSubstr("write.one fixture "));
  EXPECT_THAT(ran.output, Not(HasSubstr("speed.")));
}

TEST_F(PluginTest, AnIdIsGivenOnce) {
  const Ran ran = run_kit({"--list"});
  EXPECT_EQ(ran.status, 0);
  std::istringstream lines(ran.output);
  std::vector<std::string> ids;
  for (std::string line; std::getline(lines, line);) ids.push_back(line.substr(0, line.find(' ')));
  EXPECT_GT(ids.size(), 70U);
  std::sort(ids.begin(), ids.end());
  EXPECT_EQ(std::adjacent_find(ids.begin(), ids.end()), ids.end());
}

TEST_F(PluginTest, OptionsReachTheSink) {
  const std::string echo = path("echo.json");
  const Ran ran = run_kit({fixture_plugin("loadable"), "--case", "life.open", "--options",
                           "{echo: " + echo + ", count: 7, path: '${TMP}/out'}"});
  EXPECT_EQ(ran.status, 0) << ran.output << ran.error;
  EXPECT_THAT(read_file(echo), HasSubstr("\"count\":7"));
  EXPECT_THAT(read_file(echo), Not(HasSubstr("${TMP}")));
}

TEST_F(PluginTest, OptionsCanStandInAFile) {
  const std::string echo = path("echo.json");
  const std::string file = write("options.yml", "echo: " + echo + "\n");
  const Ran ran =
      run_kit({fixture_plugin("loadable"), "--case", "life.open", "--options-file", file});
  EXPECT_EQ(ran.status, 0) << ran.output << ran.error;
  EXPECT_THAT(read_file(echo), HasSubstr("\"count\":3"));
}

TEST_F(PluginTest, OptionsAreCheckedBeforeAnythingRuns) {
  const Ran ran = run_kit({fixture_plugin("loadable"), "--options", "{cuont: 7}"});
  EXPECT_EQ(ran.status, 2);
  EXPECT_THAT(ran.output, IsEmpty());
  EXPECT_THAT(ran.error, HasSubstr("--options:1:2"));
  EXPECT_EQ(run_kit({fixture_plugin("loadable"), "--options", "just text"}).status, 2);
  EXPECT_EQ(run_kit({fixture_plugin("loadable"), "--options-file", path("none.yml")}).status, 2);
}

TEST_F(PluginTest, ACrashIsNamedWithItsSignalAndItsPlace) {
  const Ran ran = run_kit({bad_plugin("few_fields"), "--case", "write.wide"});
  EXPECT_THAT(ran.output, HasSubstr("found: \"its process was ended by signal 6 (Aborted)\""));
  EXPECT_THAT(ran.output, HasSubstr("at: \"write() of 1 events\""));
}

TEST_F(PluginTest, AHangEndsWhenItsTimeIsOver) {
  const Ran ran =
      run_kit({fixture_plugin("create_hangs"), "--case", "life.create", "--timeout", "200ms"});
  EXPECT_EQ(ran.status, 1);
  EXPECT_THAT(ran.output, HasSubstr("found: \"it took longer than 0.2 s\""));
}

TEST_F(PluginTest, ResultsAreWrittenAsJUnit) {
  const std::string file = path("result.xml");
  const Ran ran = run_kit({bad_plugin("few_fields"), "--junit", file});
  EXPECT_EQ(ran.status, 1);
  const std::string xml = read_file(file);
  EXPECT_EQ(xml_problem(xml), "");
  EXPECT_THAT(xml, HasSubstr("<testsuite name=\"org.example.bad\""));
  EXPECT_THAT(xml, HasSubstr("failures=\"1\""));
  EXPECT_THAT(xml, HasSubstr("name=\"write.wide bad\""));
  EXPECT_EQ(run_kit({bad_plugin("good"), "--junit", path("no/folder.xml")}).status, 2);
}

TEST_F(PluginTest, FiguresAreGivenWhenTheyAreAskedFor) {
  const Ran ran = run_kit({bad_plugin("good"), "--case", "speed.*", "--bench"});
  EXPECT_EQ(ran.status, 0);
  EXPECT_THAT(ran.output, HasSubstr("note: \"a batch of 512 events: median "));
}

TEST_F(PluginTest, NothingIsSaidBesideTheResults) {
  EXPECT_THAT(run_kit({bad_plugin("good")}).error, IsEmpty());
}

}  // namespace
}  // namespace penstock::test
