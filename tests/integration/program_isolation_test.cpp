// SPDX-License-Identifier: Apache-2.0
// `isolation: process` in the real program: where a plugin runs, and what its end costs.
#include <filesystem>
#include <string>

#include "program_support.hpp"
#include "safe_folder.hpp"

namespace penstock::test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class ProgramIsolation : public ProgramTest {
 protected:
  void SetUp() override {
    safe_ = make_safe_folder();
    ASSERT_FALSE(safe_.empty()) << "set HOME to a folder that nobody else can write to";
    for (const char* name : {"subject", "hinted"}) {
      const std::filesystem::path file = safe_ / (std::string(name) + ".penstock.so");
      std::filesystem::copy_file(
          PENSTOCK_ISOLATION_PLUGINS "/" + std::string(name) + ".penstock.so", file);
      std::filesystem::permissions(file, static_cast<std::filesystem::perms>(0644));
    }
    std::filesystem::create_directory(path("left"));
  }
  void TearDown() override {
    std::error_code ignored;
    if (!safe_.empty()) std::filesystem::remove_all(safe_, ignored);
  }

  // Its exit code. `sink` are keys of the sink `apart`, `plugins` more of the section.
  int run(const std::string& sink, const std::string& plugins = ", signature: off") {
    configure("plugins: {directories: [" + safe_.string() + "]" + plugins +
              "}\nlogging:\n  sinks:\n    - {name: good, type: file, path: \"{DIR}/good\"}\n"
              "    - {name: apart, retry: {min_backoff: 1ms, max_backoff: 5ms}, "
              "folder: \"{DIR}/left\", " +
              sink + "}\n");
    write("input", "one\ntwo\nthree\n");
    Program program({.arguments = {"run", "-c", path("penstock.yml"), "--format", "text",
                                   "--report", path("report.json")},
                     .input_file = path("input"),
                     .output_file = path("out"),
                     .error_file = path("err")});
    pid_ = std::to_string(program.pid());
    return program.wait();
  }
  std::vector<std::string> processes() const { return lines_of("left/pids"); }

  std::filesystem::path safe_{};
  std::string pid_{};
};

TEST_F(ProgramIsolation, APluginRunsWhereItsSinkSays) {
  EXPECT_EQ(run("type: subject"), 0) << read("err");
  EXPECT_THAT(processes(), ElementsAre(pid_));
  EXPECT_EQ(run("type: subject, isolation: process"), 0) << read("err");
  ASSERT_EQ(processes().size(), 2u);
  EXPECT_NE(processes()[1], pid_);
  EXPECT_THAT(lines_of("left/out"), ElementsAre("one", "two", "three", "one", "two", "three"));
}

TEST_F(ProgramIsolation, TheManifestAndTheSectionSayItForSinksThatDoNot) {
  EXPECT_EQ(run("type: hinted"), 0) << read("err");
  EXPECT_NE(processes().back(), pid_);
  EXPECT_EQ(run("type: hinted, isolation: none"), 0) << read("err");
  EXPECT_EQ(processes().back(), pid_);
  EXPECT_EQ(run("type: subject", ", signature: off, isolation: process"), 0) << read("err");
  EXPECT_NE(processes().back(), pid_);
  EXPECT_EQ(run("type: subject, isolation: none", ", signature: off, isolation: process"), 0)
      << read("err");
  EXPECT_EQ(processes().back(), pid_);
}

TEST_F(ProgramIsolation, ACrashCostsNobodyAnything) {
  EXPECT_EQ(run("type: subject, isolation: process, at: write, does: segfault, times: 3"), 0)
      << read("err");
  EXPECT_THAT(lines_of("left/out"), ElementsAre("one", "two", "three"));
  EXPECT_EQ(processes().size(), 4u);
  EXPECT_EQ(lines_of("good").size(), 3u);
  expect_exact_account(report());
  EXPECT_EQ(report()["sinks"]["apart"]["delivered"], 3);
}

TEST_F(ProgramIsolation, OneThatCannotBeMadeIsLeftOutWithPluginStageAndReason) {
  EXPECT_EQ(run("type: subject, isolation: process, at: create, does: throw"), 0) << read("err");
  EXPECT_THAT(report()["left_out"].dump(),
              HasSubstr("(org.example.subject): create: create: the ink is dry"));
  EXPECT_EQ(lines_of("good").size(), 3u);
}

// Processors run in the program: nobody is left to believe anything else.
TEST_F(ProgramIsolation, ProcessorsThatCannotBeSetApartAreRefused) {
  for (const std::string name : {"redact", "redact_apart"}) {
    const std::filesystem::path file = safe_ / (name + ".penstock.so");
    std::filesystem::copy_file(PENSTOCK_PLUGINS "/" + name + ".penstock.so", file);
    std::filesystem::permissions(file, static_cast<std::filesystem::perms>(0644));
  }
  EXPECT_NE(
      run("type: subject, processors: [{type: redact}]", ", signature: off, isolation: process"),
      0);
  EXPECT_THAT(read("err"), HasSubstr("the processor 'redact' of a plugin runs in this process"));
  EXPECT_EQ(run("type: subject, isolation: process, processors: [{type: redact}]"), 0)
      << read("err");
  EXPECT_EQ(run("type: subject, processors: [{type: redact-apart}]"), 0) << read("err");
  EXPECT_THAT(report()["left_out"].dump(), HasSubstr("manifest: processor-isolation"));
}

// In whatever process: what nobody has signed does not run, and one that is let in is told of.
TEST_F(ProgramIsolation, SignaturesCountAsInThisProcess) {
  std::filesystem::create_directory(safe_ / "trust");
  std::filesystem::permissions(safe_ / "trust", static_cast<std::filesystem::perms>(0755));
  const std::string trust = ", trust: " + (safe_ / "trust").string();
  EXPECT_EQ(run("type: subject, isolation: process", ", signature: enforce" + trust), 0)
      << read("err");
  EXPECT_THAT(report()["left_out"].dump(), HasSubstr("signature: signature-missing"));
  EXPECT_TRUE(processes().empty());
  EXPECT_EQ(run("type: subject, isolation: process", ", signature: warn" + trust), 0)
      << read("err");
  EXPECT_THAT(report()["sinks"]["apart"]["last_error"].dump(), HasSubstr("signature-missing"));
  EXPECT_EQ(processes().size(), 1u);
}

}  // namespace
}  // namespace penstock::test
