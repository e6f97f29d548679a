// SPDX-License-Identifier: Apache-2.0
// `penstock plugin why`: what the program says of plugins that are used, and of those that are not.
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "program_support.hpp"
#include "safe_folder.hpp"

namespace penstock::test {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

class PluginWhy : public ProgramTest {
 protected:
  void SetUp() override {
    folder_ = make_safe_folder();
    ASSERT_FALSE(folder_.empty()) << "set HOME to a folder that nobody else can write to";
    std::filesystem::permissions(folder_, static_cast<std::filesystem::perms>(0755));
  }
  void TearDown() override {
    std::error_code ignored;
    if (!folder_.empty()) std::filesystem::remove_all(folder_, ignored);
  }

  // Its path.
  std::string add(const std::string& fixture, const std::string& name) const {
    const std::string file = (folder_ / (name + ".penstock.so")).string();
    std::filesystem::copy_file(PENSTOCK_PLUGIN_FIXTURES "/" + fixture + ".penstock.so", file);
    std::filesystem::permissions(file, static_cast<std::filesystem::perms>(0644));
    return file;
  }
  std::string install(const std::string& fixture) const { return add(fixture, "fixture"); }

  // The exit status; what it said is in `said_`.
  int why(const std::string& name, const std::vector<std::string>& more = {}) {
    std::vector<std::string> words = {"plugin", "why", name, "--plugin-dir", folder_.string()};
    words.insert(words.end(), more.begin(), more.end());
    const int status = Program({.arguments = words,
                                .input_file = write("input", ""),
                                .output_file = path("why"),
                                .error_file = path("why_error")})
                           .wait();
    said_ = read("why") + read("why_error");
    return status;
  }

  std::filesystem::path folder_{};
  std::string said_{};
};

TEST_F(PluginWhy, OneThatIsUsedShowsEachCheckAndTheSinksThatHaveIt) {
  const std::string file = install("loadable");
  configure("logging: {sinks: [{name: bad, type: fixture}]}\n");
  for (const std::string& name :
       {std::string("fixture"), std::string("org.example.fixture"), file}) {
    EXPECT_EQ(why(name, {"-c", path("penstock.yml")}), 0) << said_;
    EXPECT_THAT(
        said_, AllOf(HasSubstr(file), HasSubstr("manifest   ok   org.example.fixture 1.0.0"),
                     HasSubstr("type       ok   provides 'fixture'"), HasSubstr("sinks      'bad'"),
                     HasSubstr("'" + name + "' is used")));
    EXPECT_THAT(said_, Not(HasSubstr(" NO ")));
  }
}

TEST_F(PluginWhy, TheFirstCheckThatItDoesNotPassIsNamedWithReasonAndFix) {
  const std::string file = install("loadable");
  std::filesystem::permissions(file, static_cast<std::filesystem::perms>(0666));
  EXPECT_EQ(why("fixture"), 1);
  EXPECT_THAT(said_,
              AllOf(HasSubstr("file       NO   mode: "),
                    HasSubstr("'fixture' is not used: file: mode: "), HasSubstr("chmod go-w")));
  for (const auto& [fixture, stage] :
       {std::pair("exec_stack", "elf: exec-stack: "), std::pair("bad_json", "manifest: manifest-"),
        std::pair("newer_minor", "interface: abi: "), std::pair("rpath", "elf: rpath: "),
        std::pair("no_entry", "symbols: exports: ")}) {
    add(fixture, fixture);
    EXPECT_EQ(why(std::string(fixture) + ".penstock.so"), 1);
    EXPECT_THAT(said_, HasSubstr(std::string("is not used: ") + stage)) << fixture;
  }
}

TEST_F(PluginWhy, AnOlderOneAndASecondOneOfItsTypeNameTheOneThatIsUsed) {
  const std::string used = install("loadable");
  const std::string same = add("loadable", "same");
  EXPECT_EQ(why("same.penstock.so"), 1);
  EXPECT_THAT(said_, AllOf(HasSubstr("version: shadowed: "), HasSubstr(used + " is used")));
  EXPECT_EQ(why("fixture"), 0) << said_;
  EXPECT_THAT(said_, AllOf(HasSubstr(same), HasSubstr("'fixture' is used")));
}

TEST_F(PluginWhy, OptionsThatEverySinkHasAreToldToTheAuthorAndKeepThePluginOut) {
  const std::string file = add("reserved", "reserved");
  EXPECT_EQ(why("reserved"), 1);
  EXPECT_THAT(said_,
              HasSubstr("is not used: type: reserved-key: the config_schema of 'reserved' has "
                        "'queue', 'level'"));
  configure(
      "logging: {sinks: [{name: good, type: file, path: '{DIR}/good'}, "
      "{name: bad, type: reserved}]}\n");
  const auto run = [&](std::vector<std::string> words) {
    return Program({.arguments = std::move(words),
                    .input_file = write("input", "one\n"),
                    .output_file = path("out"),
                    .error_file = path("err")})
        .wait();
  };
  EXPECT_EQ(run({"run", "-c", path("penstock.yml"), "--plugin-dir", folder_.string()}), 0);
  EXPECT_THAT(read("err"), HasSubstr("sink 'bad' is left out: " + file +
                                     " (org.example.reserved): schema: reserved-key: "));
  EXPECT_EQ(run({"plugin", "inspect", "--check", file}), 0);
  EXPECT_THAT(read("err"), AllOf(HasSubstr("warning: "), HasSubstr("another name")));
}

TEST_F(PluginWhy, WhatIsNotThereIsAnsweredWithTheNearestAndTheFolders) {
  install("loadable");
  EXPECT_EQ(why("fixtrue"), 1);
  EXPECT_THAT(said_, AllOf(HasSubstr("did you mean 'fixture'?"),
                           HasSubstr("looked into " + folder_.string() + ": 1 plugin file")));
  EXPECT_EQ(why("fixtrue", {"--plugin-dir", path("none")}), 1);
  EXPECT_THAT(said_, HasSubstr("is not there"));
  EXPECT_EQ(why("console"), 0);
  EXPECT_THAT(said_, HasSubstr("built in"));
}

TEST_F(PluginWhy, AFileOutsideOfTheFoldersIsCheckedAndToldWhereItWouldBeFound) {
  const std::string beside = write("beside.penstock.so", "no plugin");
  EXPECT_EQ(why(beside), 1);
  EXPECT_THAT(said_, AllOf(HasSubstr("found: not-listed: "), HasSubstr("--plugin-dir")));
}

TEST_F(PluginWhy, AConfigurationThatCannotBeReadIsAWrongUsage) {
  EXPECT_EQ(why("fixture", {"-c", path("none.yml")}), 2);
  // But not one with other mistakes.
  install("loadable");
  configure(
      "plugins: {directories: []}\nlogging: {sinks: [{name: x, type: fixture, colour: 1}]}\n");
  EXPECT_EQ(why("fixture", {"-c", path("penstock.yml")}), 0) << said_;
  EXPECT_THAT(said_, HasSubstr("colour"));
}

}  // namespace
}  // namespace penstock::test
