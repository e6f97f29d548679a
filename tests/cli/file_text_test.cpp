// SPDX-License-Identifier: Apache-2.0
#include "cli/file_text.hpp"

#include <cerrno>
#include <fcntl.h>
#include <signal.h>
#include <string>
#include <sys/socket.h>
#include <unistd.h>

#include <gtest/gtest.h>

namespace penstock::cli {
namespace {

using namespace std::chrono_literals;

// The writing end blocks, and nobody reads.
void expect_to_give_up(int fd) {
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_FALSE(write_within(fd, std::string(10'000'000, 'x'), 50ms));
  EXPECT_EQ(errno, EAGAIN);
  const auto elapsed = std::chrono::steady_clock::now() - begin;
  EXPECT_GE(elapsed, 50ms);
  EXPECT_LT(elapsed, 5s);
  EXPECT_EQ(::fcntl(fd, F_GETFL) & O_NONBLOCK, 0);
}

TEST(WriteWithin, GivesUpOnAFullPipe) {
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  expect_to_give_up(ends[1]);
  ::close(ends[0]);
  ::signal(SIGPIPE, SIG_IGN);  // as the program does
  EXPECT_FALSE(write_within(ends[1], "x", 50ms));
  EXPECT_EQ(errno, EPIPE);
  ::close(ends[1]);
}

TEST(WriteWithin, GivesUpOnAFullSocket) {
  int ends[2];
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
  expect_to_give_up(ends[1]);
  ::close(ends[0]);
  ::close(ends[1]);
}

TEST(WriteWithin, WritesEverythingThatIsRead) {
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  EXPECT_TRUE(write_within(ends[1], std::string(20'000, 'x'), 1s));
  std::string read(30'000, '\0');
  EXPECT_EQ(::read(ends[0], read.data(), read.size()), 20'000);
  ::close(ends[0]);
  ::close(ends[1]);
}

TEST(WriteWithin, SaysThatADescriptorIsNotForWriting) {
  const int fd = ::open("/dev/null", O_RDONLY);
  EXPECT_FALSE(write_within(fd, "x", 1s));
  EXPECT_EQ(errno, EBADF);
  ::close(fd);
}

}  // namespace
}  // namespace penstock::cli
