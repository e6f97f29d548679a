// SPDX-License-Identifier: Apache-2.0
// Signals while lines come in as fast as they are taken.
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include "program_support.hpp"

namespace penstock::test {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;

class ProgramSignals : public ProgramTest {
 protected:
  std::vector<std::string> arguments(std::vector<std::string> more = {}) const {
    std::vector<std::string> all = {"run",  "-c",       path("penstock.yml"), "--format",
                                    "text", "--report", path("report.json")};
    all.insert(all.end(), more.begin(), more.end());
    return all;
  }
  // Configures one file of messages and nothing else in it.
  void one_text_file() const {
    configure(R"(logging:
  sinks:
    - {name: all, type: file, path: "{DIR}/all.log", max_bytes: 0, format: {type: text,
       pattern: "{message}"}}
)");
  }
  // Counts the lines of a file of whole flood lines, which begin with number `first`.
  std::int64_t expect_whole_lines(std::string_view name, std::int64_t first = 0) const {
    std::int64_t number = first;
    for (const std::string& line : lines_of(name)) {
      if (flood_number(line) != number) {
        ADD_FAILURE() << name << ": line " << number << " is: " << line.substr(0, 200);
        return number - first;
      }
      ++number;
    }
    return number - first;
  }
  void stop_under_load(int signal) const {
    one_text_file();
    Program program({.arguments = arguments(), .error_file = path("err")});
    Flood flood(program);
    ASSERT_TRUE(eventually([&] { return size_of("all.log") > 2'000'000; }));
    program.signal(signal);
    ASSERT_EQ(program.wait(), 0) << read("err");
    flood.join();
    expect_exact_account(report());
    EXPECT_GT(report()["accepted"], 10'000);
    EXPECT_EQ(report()["malformed_lines"], 0);
    EXPECT_EQ(expect_whole_lines("all.log"), report()["accepted"].get<std::int64_t>());
  }
};

TEST_F(ProgramSignals, SigtermUnderLoadDeliversWhatWasRead) {
  stop_under_load(SIGTERM);
  EXPECT_THAT(read("err"), HasSubstr("stopped by SIGTERM"));
}

TEST_F(ProgramSignals, SigintDoesTheSame) {
  stop_under_load(SIGINT);
  EXPECT_THAT(read("err"), HasSubstr("stopped by SIGINT"));
}

TEST_F(ProgramSignals, SigtermEndsAnIdleProgram) {
  one_text_file();
  Program program({.arguments = arguments(), .error_file = path("err")});
  ASSERT_TRUE(program.write(flood_line(0) + "\n"));
  ASSERT_TRUE(eventually([&] { return size_of("all.log") > 0; }));
  program.signal(SIGTERM);
  EXPECT_EQ(program.wait(), 0);
  EXPECT_EQ(report()["accepted"], 1);
}

TEST_F(ProgramSignals, ALineWithoutItsEndIsKeptAndMarked) {
  one_text_file();
  Program program({.arguments = arguments(), .error_file = path("err")});
  ASSERT_TRUE(program.write("whole\nhalf of a li"));
  ASSERT_TRUE(eventually([&] { return size_of("all.log") > 0; }));
  program.signal(SIGTERM);
  EXPECT_EQ(program.wait(), 0);
  EXPECT_EQ(read("all.log"), "whole\nhalf of a li\n");
  EXPECT_EQ(report()["malformed_lines"], 1);
}

TEST_F(ProgramSignals, SigtermStopsReadingAFile) {
  one_text_file();
  // Endless, for all that the program knows.
  std::string text;
  for (std::int64_t i = 0; text.size() < 8'000'000; ++i) text += flood_line(i) + "\n";
  std::vector<std::string> more = {"--input"};
  write("input", text);
  for (int i = 0; i < 500; ++i) more.push_back(path("input"));
  Program program({.arguments = arguments(more), .error_file = path("err")});
  ASSERT_TRUE(eventually([&] { return size_of("all.log") > 1'000'000; }));
  program.signal(SIGTERM);
  EXPECT_EQ(program.wait(), 0) << read("err");
  expect_exact_account(report());
  EXPECT_EQ(std::int64_t(lines_of("all.log").size()), report()["accepted"].get<std::int64_t>());
}

TEST_F(ProgramSignals, SighupUnderLoadLosesNothing) {
  one_text_file();
  Program program({.arguments = arguments(), .error_file = path("err")});
  Flood flood(program);
  ASSERT_TRUE(eventually([&] { return size_of("all.log") > 1'000'000; }));
  std::filesystem::rename(path("all.log"), path("moved.log"));
  program.signal(SIGHUP);
  ASSERT_TRUE(eventually([&] { return size_of("all.log") > 1'000'000; }));
  program.signal(SIGTERM);
  ASSERT_EQ(program.wait(), 0) << read("err");
  flood.join();
  const std::int64_t before = expect_whole_lines("moved.log");
  EXPECT_EQ(before + expect_whole_lines("all.log", before),
            report()["accepted"].get<std::int64_t>());
  expect_exact_account(report());
}

TEST_F(ProgramSignals, SigkillLosesWhatIsInMemoryAndNothingThatWasWritten) {
  one_text_file();
  Program program({.arguments = arguments(), .error_file = path("err")});
  Flood flood(program);
  ASSERT_TRUE(eventually([&] { return size_of("all.log") > 2'000'000; }));
  const std::uintmax_t written = size_of("all.log");
  program.signal(SIGKILL);
  EXPECT_EQ(program.wait(), -SIGKILL);
  flood.join();
  EXPECT_GE(size_of("all.log"), written);
  EXPECT_FALSE(exists("report.json"));
  std::string text = read("all.log");
  text.resize(text.rfind('\n') + 1);  // the last write may have been cut short
  write("all.log", text);
  EXPECT_GT(expect_whole_lines("all.log"), 0);
}

// A sink that takes nothing any more holds up the end; the second signal does not wait for it.
TEST_F(ProgramSignals, TheSecondSignalEndsItAtOnce) {
  configure(R"(logging:
  sinks:
    - {name: stuck, type: file, path: "{DIR}/fifo", when_full: block, block_timeout: forever,
       queue: {max_bytes: 1MiB}}
    - {name: all, type: file, path: "{DIR}/all.log", max_bytes: 0, format: {type: text,
       pattern: "{message}"}}
)");
  ASSERT_EQ(::mkfifo(path("fifo").c_str(), 0600), 0);
  Program program({.arguments = arguments({"--stop-timeout", "1h"}), .error_file = path("err")});
  Flood flood(program);
  ASSERT_TRUE(eventually([&] { return size_of("all.log") > 500'000; }));
  program.signal(SIGTERM);
  // Another number: two of the same could be merged into one. If both wait, either comes first.
  program.signal(SIGINT);
  EXPECT_THAT(program.wait(), ::testing::AnyOf(128 + SIGINT, 128 + SIGTERM)) << read("err");
  flood.join();
  EXPECT_THAT(read("err"), HasSubstr("could not be delivered at the second signal"));
  EXPECT_EQ(report()["complete"], false);
  expect_exact_account(report());
}

}  // namespace
}  // namespace penstock::test
