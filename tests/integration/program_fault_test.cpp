// SPDX-License-Identifier: Apache-2.0
// Sinks in trouble: stuck, full, rotating under load. Their siblings notice nothing.
#include <set>
#include <signal.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "program_support.hpp"

namespace penstock::test {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;

class ProgramFaults : public ProgramTest {
 protected:
  static constexpr std::int64_t flood_lines = 200'000;

  ~ProgramFaults() override {
    if (mounted_) ::umount2(path("small").c_str(), MNT_DETACH);
  }
  std::vector<std::string> arguments(std::vector<std::string> more = {}) const {
    std::vector<std::string> all = {"run",  "-c",       path("penstock.yml"), "--format",
                                    "text", "--report", path("report.json")};
    all.insert(all.end(), more.begin(), more.end());
    return all;
  }
  // As a file of its own, so that the program reads at full speed.
  std::string flood_file(std::int64_t lines) const {
    std::string text;
    for (std::int64_t i = 0; i < lines; ++i) text += flood_line(i) + "\n";
    return write("input", text);
  }
  // Every line whole, in order; nothing missing when `complete`.
  std::int64_t expect_whole_lines(const std::vector<std::string>& lines, bool complete = true) {
    std::int64_t expected = 0;
    for (const std::string& line : lines) {
      const std::int64_t number = flood_number(line);
      if (number < expected || (complete && number != expected)) {
        ADD_FAILURE() << "after line " << expected - 1 << ": " << line.substr(0, 200);
        return expected;
      }
      expected = number + 1;
    }
    return expected;
  }
  bool mount_small(const char* options) {
    std::filesystem::create_directory(path("small"));
    mounted_ = ::mount("tmpfs", path("small").c_str(), "tmpfs", 0, options) == 0;
    return mounted_;
  }

 private:
  bool mounted_ = false;
};

TEST_F(ProgramFaults, AStuckSinkThatDropsChangesNothingForItsSibling) {
  configure(R"(logging:
  own_events: false
  sinks:
    - {name: stuck, type: file, path: "{DIR}/fifo", when_full: drop_newest,
       queue: {max_bytes: 1MiB}}
    - {name: all, type: file, path: "{DIR}/all.log", max_bytes: 0, format: {type: text,
       pattern: "{message}"}}
)");
  ASSERT_EQ(::mkfifo(path("fifo").c_str(), 0600), 0);
  Program program({.arguments = arguments({"--stop-timeout", "500ms"}),
                   .input_file = flood_file(flood_lines),
                   .error_file = path("err")});
  EXPECT_EQ(program.wait(), 1) << read("err");
  expect_exact_account(report());
  EXPECT_EQ(report()["accepted"], flood_lines);
  EXPECT_EQ(report()["complete"], false);
  EXPECT_EQ(report()["sinks"]["all"]["delivered"], flood_lines);
  EXPECT_EQ(expect_whole_lines(lines_of("all.log")), flood_lines);
  EXPECT_GT(report()["sinks"]["stuck"]["dropped"]["queue_full"], 0);
  EXPECT_THAT(read("err"), HasSubstr("could not be delivered within --stop-timeout"));
}

TEST_F(ProgramFaults, AStuckSinkThatBlocksHoldsTheInputUpAndNothingElse) {
  configure(R"(logging:
  sinks:
    - {name: stuck, type: file, path: "{DIR}/fifo", when_full: block, block_timeout: forever,
       queue: {max_bytes: 1MiB}}
    - {name: all, type: file, path: "{DIR}/all.log", max_bytes: 0, format: {type: text,
       pattern: "{message}"}}
)");
  ASSERT_EQ(::mkfifo(path("fifo").c_str(), 0600), 0);
  Program program({.arguments = arguments({"--stop-timeout", "1s"}), .error_file = path("err")});
  Flood flood(program);
  std::uintmax_t size = 0;
  // It has come to a stop when the pipe to it is full; then its sibling has all there is.
  ASSERT_TRUE(eventually([&] {
    const std::uintmax_t before = size;
    size = size_of("all.log");
    return size > 500'000 && size == before;
  }));
  const auto begin = Clock::now();
  program.signal(SIGTERM);
  EXPECT_EQ(program.wait(), 1) << read("err");
  EXPECT_LT(Clock::now() - begin, 10s);
  flood.join();
  expect_exact_account(report());
  const auto accepted = report()["accepted"].get<std::int64_t>();
  EXPECT_EQ(report()["sinks"]["all"]["delivered"], accepted);
  EXPECT_EQ(expect_whole_lines(lines_of("all.log")), accepted);
  EXPECT_GT(report()["sinks"]["stuck"]["in_queue"].get<std::int64_t>() +
                report()["sinks"]["stuck"]["in_flight"].get<std::int64_t>(),
            0);
}

TEST_F(ProgramFaults, BlockTimeoutDropsAndGoesOn) {
  configure(R"(logging:
  sinks:
    - {name: stuck, type: file, path: "{DIR}/fifo", when_full: block, block_timeout: 10ms,
       queue: {max_bytes: 1MiB}}
    - {name: all, type: file, path: "{DIR}/all.log", max_bytes: 0, format: {type: text,
       pattern: "{message}"}}
)");
  ASSERT_EQ(::mkfifo(path("fifo").c_str(), 0600), 0);
  Program program({.arguments = arguments({"--stop-timeout", "500ms"}),
                   .input_file = flood_file(flood_lines),
                   .error_file = path("err")});
  EXPECT_EQ(program.wait(), 1) << read("err");
  expect_exact_account(report());
  // And what the pipeline tells of the drops, if it has come to that.
  EXPECT_EQ(report()["sinks"]["all"]["delivered"],
            flood_lines + report()["own_events"].get<std::int64_t>());
  EXPECT_GT(report()["sinks"]["stuck"]["dropped"]["block_timeout"], 0);
}

TEST_F(ProgramFaults, AFullDiskIsWaitedFor) {
  if (!mount_small("size=1m")) GTEST_SKIP() << "mounting needs root";
  configure(R"(logging:
  sinks:
    - {name: all, type: file, path: "{DIR}/small/all.log", max_bytes: 0, format: {type: text,
       pattern: "{message}"}, queue: {max_bytes: 64MiB}}
)");
  write("small/ballast", std::string(700'000, 'x'));
  Program program({.arguments = arguments(),
                   .input_file = flood_file(8000),  // some 800 KB
                   .error_file = path("err")});
  // Full to the last page.
  ASSERT_TRUE(eventually([&] { return std::filesystem::space(path("small")).available == 0; }));
  EXPECT_FALSE(program.has_ended());
  std::filesystem::remove(path("small/ballast"));
  ASSERT_EQ(program.wait(), 0) << read("err");
  EXPECT_EQ(expect_whole_lines(lines_of("small/all.log")), 8000);
  EXPECT_EQ(report()["sinks"]["all"]["delivered"], 8000);
  expect_exact_account(report());
}

TEST_F(ProgramFaults, ADiskThatStaysFullEndsWithTheExactRemainder) {
  if (!mount_small("size=256k")) GTEST_SKIP() << "mounting needs root";
  configure(R"(logging:
  sinks:
    - {name: small, type: file, path: "{DIR}/small/all.log", max_bytes: 0, format: {type: text,
       pattern: "{message}"}}
    - {name: all, type: file, path: "{DIR}/all.log", max_bytes: 0, format: {type: text,
       pattern: "{message}"}}
)");
  Program program({.arguments = arguments({"--stop-timeout", "500ms"}),
                   .input_file = flood_file(8000),
                   .error_file = path("err")});
  ASSERT_EQ(program.wait(), 1) << read("err");
  expect_exact_account(report());
  EXPECT_EQ(report()["sinks"]["all"]["delivered"], 8000);
  const auto delivered = report()["sinks"]["small"]["delivered"].get<std::int64_t>();
  EXPECT_GT(delivered, 0);
  EXPECT_EQ(expect_whole_lines(lines_of("small/all.log")), delivered);
  EXPECT_THAT(read("err"), HasSubstr("No space left"));
}

TEST_F(ProgramFaults, RotationUnderLoadLosesAndTearsNothing) {
  configure(R"(logging:
  sinks:
    - {name: all, type: file, path: "{DIR}/all.log", max_bytes: 256KiB, backup_count: 1000,
       format: {type: text, pattern: "{message}"}}
)");
  Program program(
      {.arguments = arguments(), .input_file = flood_file(flood_lines), .error_file = path("err")});
  ASSERT_EQ(program.wait(), 0) << read("err");
  EXPECT_TRUE(exists("all.log.50"));
  std::vector<std::string> lines;
  for (int i = 1000; i >= 0; --i) {
    const std::string name = i == 0 ? "all.log" : "all.log." + std::to_string(i);
    EXPECT_LE(size_of(name), 256U * 1024);
    for (std::string& line : lines_of(name)) lines.push_back(std::move(line));
  }
  EXPECT_EQ(expect_whole_lines(lines), flood_lines);
}

}  // namespace
}  // namespace penstock::test
