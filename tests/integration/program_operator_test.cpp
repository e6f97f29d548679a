// SPDX-License-Identifier: Apache-2.0
// The program in the hands of people: descriptors that are closed or stuck, files that are the
// same, limits of the system; and what it says meanwhile.
#include <fcntl.h>
#include <fstream>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

#include "program_support.hpp"
#include "support/run.hpp"

namespace penstock::test {
namespace {

using ::testing::AnyOf;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr bool has_sanitizer = under_asan || under_tsan;

constexpr std::string_view one_file = R"(logging:
  sinks:
    - {name: all, type: file, path: "{DIR}/all.log", max_bytes: 0, format: {type: text,
       pattern: "{message}"}, batch: {linger: 0}}
)";
constexpr std::string_view console = R"(logging:
  sinks:
    - {name: console, type: console, format: {type: text, pattern: "{message}"}}
)";

class ProgramOperator : public ProgramTest {
 protected:
  std::vector<std::string> arguments(std::vector<std::string> more = {}) const {
    std::vector<std::string> all = {"run", "-c", path("penstock.yml"), "--stop-timeout", "500ms"};
    all.insert(all.end(), more.begin(), more.end());
    return all;
  }
  // Runs it to its end in that shell, with "line\n" as standard input.
  int run(std::vector<std::string> more, std::string shell = R"(exec "$@")") {
    Program program({.arguments = arguments(std::move(more)),
                     .input_file = write("input", "line\n"),
                     .output_file = path("out"),
                     .error_file = path("err"),
                     .shell = std::move(shell)});
    return program.wait();
  }
};

// ---- closed descriptors

TEST_F(ProgramOperator, AClosedStandardOutputIsNoDelivery) {
  configure(console);
  EXPECT_THAT(run({}, R"(exec "$@" >&-)"), AnyOf(1, 2));
  EXPECT_THAT(read("err"), HasSubstr("standard output"));
  EXPECT_THAT(read("err"), Not(HasSubstr("everything that was accepted")));
}

TEST_F(ProgramOperator, AReportToAClosedStandardOutputIsAnError) {
  configure(one_file);
  EXPECT_EQ(run({"-r", "-"}, R"(exec "$@" >&-)"), 1);
  EXPECT_THAT(read("err"), HasSubstr("cannot write the report to standard output: Bad file"));
  EXPECT_EQ(read("all.log"), "line\n");
}

TEST_F(ProgramOperator, AClosedStandardInputIsAnError) {
  configure(one_file);
  EXPECT_EQ(run({}, R"(exec "$@" <&-)"), 2);
  EXPECT_THAT(read("err"), HasSubstr("cannot read standard input: Bad file descriptor"));
  EXPECT_FALSE(exists("all.log"));
  // Nobody asked for it.
  EXPECT_EQ(run({"-i", path("input")}, R"(exec "$@" <&-)"), 0);
}

TEST_F(ProgramOperator, AClosedStandardErrorChangesNothing) {
  configure(one_file);
  EXPECT_EQ(run({}, R"(exec "$@" 2>&-)"), 0);
  EXPECT_EQ(read("all.log"), "line\n");
}

// ---- a standard error that nobody reads

TEST_F(ProgramOperator, AStuckStandardErrorHoldsNothingUp) {
  configure(one_file);
  ASSERT_EQ(::mkfifo(path("stuck").c_str(), 0600), 0);
  const int reader = ::open(path("stuck").c_str(), O_RDONLY | O_NONBLOCK);
  const int writer = ::open(path("stuck").c_str(), O_WRONLY | O_NONBLOCK);
  const std::string filler(4096, 'x');
  while (::write(writer, filler.data(), filler.size()) > 0) {
  }
  const std::string fifo = path("stuck");
  Program program(
      {.arguments = arguments({"--report", path("report.json"), "--progress", "always"}),
       .input_file = write("input", "line\n"),
       .shell = "exec \"$@\" 2>'" + fifo + "'"});
  EXPECT_EQ(program.wait(20s), 1);
  EXPECT_EQ(report()["sinks"]["all"]["delivered"], 1);
  ::close(reader);
  ::close(writer);
}

// ---- what is said

TEST_F(ProgramOperator, NoInputCanSteerTheTerminal) {
  configure(one_file);
  EXPECT_EQ(run({"-i", "\x1b[31mnope"}), 2);
  EXPECT_THAT(read("err"), HasSubstr("\\x1b[31mnope"));
  EXPECT_THAT(read("err"), Not(HasSubstr("\x1b")));
  Program program({.arguments = arguments(),
                   .input_file = write("input", R"({"destinations":["\u001b[31mx"]})"
                                                "\n"),
                   .error_file = path("err")});
  EXPECT_EQ(program.wait(), 1);
  EXPECT_THAT(read("err"), HasSubstr("unknown destinations: 1 (\\x1b[31mx)"));
  EXPECT_THAT(read("err"), Not(HasSubstr("\x1b")));
  Program check(
      {.arguments = {"check", "-c", path("\x1b[31mnope.yml")}, .error_file = path("err")});
  EXPECT_EQ(check.wait(), 2);
  EXPECT_THAT(read("err"), Not(HasSubstr("\x1b")));
}

TEST_F(ProgramOperator, ASinkThatIsLeftOutIsSaidAtOnceAndInTheVerdict) {
  configure(std::string(one_file) +
            "    - {name: bad, type: file, path: /proc/no/such/file.log}\n");
  Program program({.arguments = arguments({"--quiet"}), .error_file = path("err")});
  EXPECT_TRUE(eventually([&] { return !lines_of("err").empty(); }));
  EXPECT_THAT(read("err"), HasSubstr("penstock: sink 'bad' is left out: "));
  program.end_input();
  EXPECT_EQ(program.wait(), 0);
  EXPECT_EQ(run({}), 0);
  EXPECT_THAT(read("err"), HasSubstr("delivered or filtered; 1 sink was left out\n"));
}

TEST_F(ProgramOperator, TroubleOfASinkIsSaidWhileItLasts) {
  configure(one_file);
  write("all.log", std::string(10'000, 'x') + "\n");  // more than the limit
  Program program({.arguments = arguments({"--quiet"}),
                   .error_file = path("err"),
                   .shell = R"(ulimit -S -f 4; exec "$@")"});
  ASSERT_TRUE(program.write("first\n"));
  EXPECT_TRUE(eventually([&] { return !lines_of("err").empty(); }));
  EXPECT_THAT(read("err"), HasSubstr("penstock: sink 'all' is retrying: "));
  EXPECT_FALSE(program.has_ended());
  const rlimit no_limit{.rlim_cur = RLIM_INFINITY, .rlim_max = RLIM_INFINITY};
  ASSERT_EQ(::prlimit(program.pid(), RLIMIT_FSIZE, &no_limit, nullptr), 0);
  EXPECT_TRUE(eventually([&] { return lines_of("err").size() == 2; })) << read("err");
  EXPECT_THAT(read("err"), HasSubstr("penstock: sink 'all' runs again\n"));
  program.end_input();
  EXPECT_EQ(program.wait(), 0) << read("err");
  EXPECT_EQ(lines_of("all.log").back(), "first");
}

// ---- one file in two parts

TEST_F(ProgramOperator, AReportDoesNotReplaceALogOrAnInput) {
  configure(one_file);
  write("all.log", "precious\n");
  std::filesystem::create_hard_link(path("all.log"), path("link"));
  for (const char* const name : {"all.log", "link", "./all.log"}) {
    EXPECT_EQ(run({"--report", path(name)}), 2) << name;
    EXPECT_THAT(read("err"), HasSubstr("is also the file of sink 'all'")) << name;
  }
  write("in.log", "line\n");
  EXPECT_EQ(run({"--input", path("in.log"), "--report", path("in.log")}), 2);
  EXPECT_EQ(run({"--report", path("penstock.yml")}), 2);
  EXPECT_EQ(run({"--report", "-"}, "exec \"$@\" >>'" + path("all.log") + "'"), 2);
  EXPECT_EQ(read("all.log"), "precious\n");
  std::filesystem::remove(path("all.log"));
  EXPECT_EQ(run({"--report", path("x/../all.log")}), 2);
  EXPECT_FALSE(exists("all.log"));
}

TEST_F(ProgramOperator, AReportGoesToWhatStandardOutputIs) {
  configure(one_file);
  // Not /dev/stdout: a program that gets it wrong, and is root's, would replace that.
  EXPECT_EQ(run({"--report", "/dev/fd/1"}), 0) << read("err");
  EXPECT_EQ(nlohmann::json::parse(read("out"))["accepted"], 1);
}

TEST_F(ProgramOperator, AnInputIsNoFileOfASink) {
  configure(one_file);
  write("all.log", "line\n");
  std::filesystem::create_symlink(path("all.log"), path("link"));
  EXPECT_EQ(run({"--input", path("link")}), 2);
  EXPECT_THAT(read("err"), HasSubstr("is also the file of sink 'all'"));
  EXPECT_EQ(run({}, "exec \"$@\" <'" + path("all.log") + "'"), 2);
  EXPECT_EQ(read("all.log"), "line\n");
  configure(console);
  write("loop", "line\n");
  EXPECT_EQ(run({"--input", path("loop")}, "exec \"$@\" >>'" + path("loop") + "'"), 2);
  EXPECT_EQ(read("loop"), "line\n");
  EXPECT_EQ(run({}, R"(exec "$@" </dev/null >/dev/null)"), 0);
}

// ---- limits of the system

TEST_F(ProgramOperator, AFileSizeLimitIsAnErrorAndNoDeath) {
  if (has_sanitizer) GTEST_SKIP() << "with ThreadSanitizer it ends by SIGXFSZ at once";
  configure(one_file);
  EXPECT_EQ(run({"--report", path("report.json")}, R"(ulimit -f 0; exec "$@")"), 1);
  EXPECT_FALSE(exists("report.json"));
}

// Stacks so large that there is no room for a second one.
TEST_F(ProgramOperator, NoThreadForItsSignalsMeansNoStart) {
  if (has_sanitizer) GTEST_SKIP() << "sanitizers need more room";
  configure(one_file);
  EXPECT_EQ(run({}, R"(ulimit -s 4000000 && ulimit -v 2000000 && exec "$@")"), 2) << read("err");
  EXPECT_THAT(read("err"), HasSubstr("penstock: cannot start: "));
  EXPECT_FALSE(exists("all.log"));
}

TEST_F(ProgramOperator, NoMemoryForALineEndsWithAnAccount) {
  if (has_sanitizer) GTEST_SKIP() << "sanitizers need more room";
  configure(one_file);
  Program program(
      {.arguments = arguments({"--report", path("report.json")}), .error_file = path("err")});
  ASSERT_TRUE(program.write("first\n"));
  ASSERT_TRUE(eventually([&] { return read("all.log") == "first\n"; }));
  std::uint64_t pages = 0;
  std::ifstream("/proc/" + std::to_string(program.pid()) + "/statm") >> pages;
  const rlim_t room = pages * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE)) + (4U << 20);
  const rlimit limit{.rlim_cur = room, .rlim_max = room};
  ASSERT_EQ(::prlimit(program.pid(), RLIMIT_AS, &limit, nullptr), 0);
  program.write(std::string(15U << 20, 'x'));  // until it reads no more
  program.end_input();
  EXPECT_EQ(program.wait(), 1) << read("err");
  EXPECT_THAT(read("err"), HasSubstr("reading standard input was given up: out of memory"));
  expect_exact_account(report());
  EXPECT_EQ(lines_of("all.log").front(), "first");
}

// ---- figures

TEST_F(ProgramOperator, TheAccountOfASecondSignalHasTheLinesOfItsEvents) {
  configure(R"(logging:
  sinks:
    - {name: stuck, type: file, path: "{DIR}/fifo", when_full: block, block_timeout: forever,
       queue: {max_bytes: 64KiB}}
    - {name: all, type: file, path: "{DIR}/all.log", max_bytes: 0, batch: {linger: 0}}
)");
  ASSERT_EQ(::mkfifo(path("fifo").c_str(), 0600), 0);
  std::string text;
  for (int i = 0; i < 3000; ++i) text += std::string(60, 'x') + "\n";  // one read
  Program program({.arguments = {"run", "-c", path("penstock.yml"), "--report", path("report.json"),
                                 "--stop-timeout", "1h"},
                   .input_file = write("input", text),
                   .error_file = path("err")});
  // The other sink gets no more when this one's queue is full.
  std::uintmax_t size = 0;
  auto since = Clock::now();
  ASSERT_TRUE(eventually([&] {
    const std::uintmax_t before = std::exchange(size, size_of("all.log"));
    if (size == 0 || size != before) since = Clock::now();
    return Clock::now() - since > 100ms;
  }));
  program.signal(SIGTERM);
  program.signal(SIGINT);
  EXPECT_THAT(program.wait(), AnyOf(128 + SIGINT, 128 + SIGTERM)) << read("err");
  const auto accepted = report()["accepted"].get<std::int64_t>();
  const auto lines = report()["lines"].get<std::int64_t>();
  EXPECT_GT(accepted, 0);
  EXPECT_LT(accepted, 3000);
  EXPECT_GE(lines, accepted);
  EXPECT_LE(lines, accepted + 1);
}

TEST_F(ProgramOperator, AByteOrderMarkIsNoPartOfTheFirstLine) {
  configure(one_file);
  Program program({.arguments = arguments(),
                   .input_file = write("input", "\xEF\xBB\xBF{\"message\":\"json\"}\nnext\n"),
                   .error_file = path("err")});
  EXPECT_EQ(program.wait(), 0);
  EXPECT_EQ(read("all.log"), "json\nnext\n");
  EXPECT_THAT(read("err"), Not(HasSubstr("malformed")));
}

}  // namespace
}  // namespace penstock::test
