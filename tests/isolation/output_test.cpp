// SPDX-License-Identifier: Apache-2.0
// What a plugin in a process of its own prints: all of it comes out here, and what is behind this
// process's output stays as it is.
#include <array>
#include <cstdio>
#include <fcntl.h>

#include <gmock/gmock.h>

#include "isolation_support.hpp"

namespace penstock::isolation::test {
namespace {

std::string text_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

// This process's standard output and error are these for a while.
class Instead {
 public:
  Instead(int out, int error)
      : out_(instead(STDOUT_FILENO, out)), error_(instead(STDERR_FILENO, error)) {}
  ~Instead() {
    back(out_, STDOUT_FILENO);
    back(error_, STDERR_FILENO);
  }
  Instead(const Instead&) = delete;
  Instead& operator=(const Instead&) = delete;

 private:
  static int instead(int fd, int by) {
    std::fflush(nullptr);
    const int before = ::fcntl(fd, F_DUPFD_CLOEXEC, 3);
    ::dup2(by, fd);
    return before;
  }
  static void back(int before, int fd) {
    ::dup2(before, fd);
    ::close(before);
  }

  int out_;
  int error_;
};

// One write() of the subject that prints; the pipeline has stopped when it returns.
void print_to(int out, int error, const Folder& folder,
              std::chrono::nanoseconds call_timeout = penstock::test::patience) {
  const Instead instead(out, error);
  PipelineOptions options;
  options.sinks = {
      sink_of(isolation_of(plugin_of("subject"), folder, R"("at": "write", "does": "print")"),
              call_timeout)};
  Result<Pipeline> pipeline = Pipeline::start(std::move(options));
  ASSERT_TRUE(pipeline);
  pipeline->logger("t").info("{}", 1);
  static_cast<void>(pipeline->stop(penstock::test::patience));
}

TEST(Printed, IsAllThereInOrderWhenThePipelineHasStopped) {
  const NothingIsLeft nothing_is_left;
  const Folder folder;
  const plugin::Descriptor out(
      ::open((folder.path() + "/printed").c_str(), O_RDWR | O_CREAT, 0600));
  const plugin::Descriptor error(
      ::open((folder.path() + "/error").c_str(), O_RDWR | O_CREAT, 0600));
  ASSERT_EQ(::write(out.get(), "before\n", 7), 7);
  print_to(out.get(), error.get(), folder);
  std::string expected = "before\n";
  for (int i = 0; i < 20'000; ++i) expected += std::to_string(i) + "\n";
  EXPECT_TRUE(text_of(folder.path() + "/printed") == expected);
  EXPECT_EQ(text_of(folder.path() + "/error"), "no line");
  EXPECT_EQ(::fcntl(out.get(), F_GETFL) & (O_NONBLOCK | O_APPEND), 0);
  EXPECT_EQ(::fcntl(error.get(), F_GETFL) & (O_NONBLOCK | O_APPEND), 0);
}

// Nobody reads this process's output: the child is not held up by that, and nor is the stop.
TEST(Printed, ToABrokenPipeIsABrokenPipe) {
  const NothingIsLeft nothing_is_left;
  const Folder folder;
  std::array<int, 2> ends{};
  ASSERT_EQ(::pipe2(ends.data(), O_CLOEXEC), 0);
  ::close(ends[0]);
  const plugin::Descriptor broken(ends[1]);
  print_to(broken.get(), STDERR_FILENO, folder);
  EXPECT_EQ(folder.lines("out"), std::vector<std::string>{"1"});
}

TEST(Printed, ToAPipeThatIsFullDoesNotHoldUpTheStopForLong) {
  const NothingIsLeft nothing_is_left;
  const Folder folder;
  std::array<int, 2> ends{};
  ASSERT_EQ(::pipe2(ends.data(), O_CLOEXEC), 0);
  const plugin::Descriptor reader(ends[0]);
  const plugin::Descriptor full(ends[1]);
  ::fcntl(full.get(), F_SETPIPE_SZ, 4096);
  const auto before = Clock::now();
  print_to(full.get(), STDERR_FILENO, folder, soon);
  EXPECT_LT(Clock::now() - before, penstock::test::patience / 2);
}

}  // namespace
}  // namespace penstock::isolation::test
