// SPDX-License-Identifier: Apache-2.0
// How a link comes to its end, in bounded time and with the true reason, and what it holds until
// then.
#include <atomic>
#include <cstddef>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include <gmock/gmock.h>

#include "link_support.hpp"

namespace penstock::isolation::test {
namespace {

using ::testing::HasSubstr;

// ---- how it ended

TEST_F(LinkTest, TheSignalThatEndedItIsToldAlthoughItTookNoRequests) {
  ::shutdown(there_.get(), SHUT_RDWR);
  auto result = std::async(std::launch::async, [this] { return link_->write(batch_.view()); });
  ::kill(pid_, SIGSEGV);
  const WriteResult answered = result.get();
  EXPECT_EQ(answered.kind(), WriteResult::Kind::fatal);
  EXPECT_THAT(answered.reason(), HasSubstr("was ended by signal 11"));
}

TEST_F(LinkTest, OneThatClosesItsConnectionIsKilled) {
  ASSERT_EQ(::send(there_.get(), "", 0, MSG_NOSIGNAL), 0);
  EXPECT_THAT(context_.reported(), HasSubstr("closed its connection and was killed"));
}

// Another process may have its end of the socket when it is gone, and never be silent.
TEST_F(LinkTest, AFloodThatOutlivesItEndsWithIt) {
  std::atomic<bool> is_over{false};
  std::thread flood([&] {
    const Bytes report = raw({.kind = 8}, {}, "x");
    while (!is_over.load(std::memory_order_relaxed)) {
      static_cast<void>(!::send(there_.get(), report.data(), report.size(), MSG_NOSIGNAL));
    }
  });
  ::kill(pid_, SIGKILL);
  EXPECT_TRUE(eventually([&] { return !link_->death().empty(); }));
  is_over.store(true, std::memory_order_relaxed);
  link_.reset();  // lets the flood out of a send() that waits
  flood.join();
}

TEST_F(LinkTest, WithoutMemoryWhatItOwedIsSettledAllTheSame) {
  auto result = offer();
  say(raw(answer(PENSTOCK_WRITE_PENDING)));
  EXPECT_EQ(result.get().kind(), WriteResult::Kind::pending);
  context_.fail(3);
  ::kill(pid_, SIGKILL);
  const auto settled = context_.settled();
  ASSERT_TRUE(settled);
  EXPECT_EQ(settled->first, token);
  EXPECT_EQ(settled->second.reason(), "process is gone");
}

TEST_F(LinkTest, AnAnswerThatFindsNoMemoryComesAgain) {
  auto result = offer();
  say(raw(answer(PENSTOCK_WRITE_PENDING)));
  EXPECT_EQ(result.get().kind(), WriteResult::Kind::pending);
  context_.fail(1);
  say(raw({.kind = 7, .number = token}));
  const auto settled = context_.settled();
  ASSERT_TRUE(settled);
  EXPECT_EQ(settled->first, token);
  EXPECT_EQ(settled->second.kind(), WriteResult::Kind::fatal);
  EXPECT_TRUE(eventually([&] { return !link_->death().empty(); }));
}

// Signals to processes fail from here on, in this thread and those that it starts.
void lose_the_right_to_kill() {
  constexpr auto fails = SECCOMP_RET_ERRNO | EPERM;
  std::array filter = {
      sock_filter(BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr))),
      sock_filter(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_pidfd_send_signal, 1, 0)),
      sock_filter(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_kill, 0, 1)),
      sock_filter(BPF_STMT(BPF_RET | BPF_K, fails)),
      sock_filter(BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW))};
  const sock_fprog program{.len = filter.size(), .filter = filter.data()};
  ASSERT_EQ(::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), 0);
  ASSERT_EQ(::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program), 0);
}

TEST_F(LinkTest, OneThatCannotDieHoldsUpNobody) {
  end();
  WriteResult answered = WriteResult::ok();
  std::thread([&] {
    lose_the_right_to_kill();
    begin(50ms, 10s, 50ms);
    answered = offer().get();
    link_.reset();
  }).join();
  EXPECT_EQ(answered.kind(), WriteResult::Kind::fatal);
  EXPECT_THAT(answered.reason(), HasSubstr("(write), was killed and has not ended"));
  // It dies at last, and is reaped by the next one.
  ::kill(pid_, SIGKILL);
  EXPECT_TRUE(eventually([&] {
    begin(penstock::test::patience);
    end();
    return !has_children();
  }));
}

// ---- what it reports, and what is said of it

TEST_F(LinkTest, WhatItReportsNeverHidesWhatIsSaidOfIt) {
  link_->attach(context_, "it has no signature");
  say(raw({.kind = 8}, {}, "the ink runs out"));
  EXPECT_EQ(context_.reported(), "it has no signature; the ink runs out");
  begin(penstock::test::patience);
  Recorder later;
  link_->attach(later, "it has no signature");
  say(raw({.kind = 8}));
  EXPECT_EQ(later.reported(), "it has no signature");
  end();
}

// ---- memory

TEST_F(LinkTest, MemoryThatNobodyWantsIsGivenBack) {
  for (const std::uint64_t as : {1U, 2U}) {
    auto result = offer(as);
    say(raw(answer(PENSTOCK_WRITE_PENDING, as)));
    EXPECT_EQ(result.get().kind(), WriteResult::Kind::pending);
  }
  const std::ptrdiff_t before = open_descriptors();
  for (const std::uint64_t as : {1U, 2U}) say(raw({.kind = 7, .number = as}));
  ASSERT_TRUE(eventually([&] { return context_.count() == 2; }));
  int unmapped = 0;
  for (std::uint64_t as = 3; as < 40; ++as) {
    batch_.parts().token = as;
    auto result = std::async(std::launch::async, [this] { return link_->write(batch_.view()); });
    Request request = hear();
    if (request.call == Call::unmap) {
      ++unmapped;
      request = hear();
    }
    EXPECT_EQ(request.call, Call::write);
    say(raw(answer(PENSTOCK_WRITE_OK, as)));
    EXPECT_EQ(result.get().kind(), WriteResult::Kind::ok);
  }
  EXPECT_EQ(unmapped, 1);
  EXPECT_EQ(open_descriptors(), before - 1);
}

}  // namespace
}  // namespace penstock::isolation::test
