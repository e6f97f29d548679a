// SPDX-License-Identifier: Apache-2.0
// How a child ended is known, and what it has started is gone, whatever the program around does
// with the ends of its children.
#include "isolation/child.hpp"

#include <array>
#include <csignal>
#include <poll.h>
#include <sys/socket.h>
#include <thread>

#include "isolation_support.hpp"

namespace penstock::isolation::test {
namespace {

using plugin::Descriptor;

class ChildTest : public ::testing::Test {
 protected:
  // One that has started another, when both are there.
  Result<Child> begin() {
    std::array<int, 2> talk{};
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, talk.data()), 0);
    here_ = Descriptor(talk[0]);
    const Descriptor there(talk[1]);
    auto child =
        Child::begin(PENSTOCK_ISOLATION_PAIR, {},
                     {.plugin = there.get(), .socket = there.get(), .secrets = there.get()});
    std::array<char, 2> bytes{};
    EXPECT_EQ(::recv(here_.get(), bytes.data(), 1, 0), 1);
    EXPECT_EQ(::recv(here_.get(), bytes.data(), 1, 0), 1);
    return child;
  }
  // Both are gone: nobody has the other end any more.
  void expect_nobody() const {
    pollfd other{.fd = here_.get(), .events = POLLIN, .revents = 0};
    EXPECT_EQ(::poll(&other, 1, 30'000), 1) << "what it has started lives on";
  }
  // Where the kernel keeps it for the pidfd.
  static void expect_signal(const std::optional<End>& end, int signal) {
    ASSERT_TRUE(end);
    if (end->kind == End::Kind::unknown) return;  // before Linux 6.15
    EXPECT_EQ(end->kind, End::Kind::signal);
    EXPECT_EQ(end->status, signal);
  }

  NothingIsLeft nothing_is_left_{};
  Descriptor here_{};
};

TEST_F(ChildTest, ItsEndIsKnownAndWhatItStartedIsKilled) {
  Result<Child> child = begin();
  ASSERT_TRUE(child.ok());
  ::kill(child->pid(), SIGSEGV);
  const std::optional<End> end = child->reap(30s);
  ASSERT_TRUE(end);
  EXPECT_EQ(to_string(*end), "was ended by signal 11 (Segmentation fault)");
  EXPECT_TRUE(end->is_own());
  expect_nobody();
}

TEST_F(ChildTest, WithSigchldIgnoredItsEndIsSeenAllTheSame) {
  const auto before = ::signal(SIGCHLD, SIG_IGN);
  Result<Child> child = begin();
  EXPECT_TRUE(child.ok());
  ::kill(child->pid(), SIGSEGV);
  expect_signal(child->reap(30s), SIGSEGV);
  expect_nobody();
  ::signal(SIGCHLD, before);
}

TEST_F(ChildTest, WhenOthersReapItItsEndIsSeenAllTheSame) {
  Result<Child> child = begin();
  ASSERT_TRUE(child.ok());
  std::thread thief([&] {
    EXPECT_EQ(::waitpid(child->pid(), nullptr, 0), child->pid());
    expect_signal(child->reap(30s), SIGSEGV);
  });
  ::kill(child->pid(), SIGSEGV);
  thief.join();
  expect_nobody();
}

}  // namespace
}  // namespace penstock::isolation::test
