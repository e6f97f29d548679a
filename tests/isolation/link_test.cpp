// SPDX-License-Identifier: Apache-2.0
// A child that lies: it says what cannot be, says it twice, says it late, or says nothing. The test
// speaks for it, beside a process that is silent.
#include <gmock/gmock.h>

#include "link_support.hpp"

namespace penstock::isolation::test {
namespace {

using penstock::test::random_stream;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST_F(LinkTest, AnAnswerIsWhatTheChildSaid) {
  auto ok = offer();
  say(raw(answer(PENSTOCK_WRITE_OK)));
  EXPECT_EQ(ok.get().kind(), WriteResult::Kind::ok);
  auto retry = offer(41);
  say(raw({.kind = 5, .number = 41}, {1}));
  MessageHead head = answer(PENSTOCK_WRITE_RETRY, 41);
  head.after_ns = 9;
  head.settled = 2;
  say(raw(head, {}, "busy"));
  const WriteResult result = retry.get();
  EXPECT_EQ(result.kind(), WriteResult::Kind::retry);
  EXPECT_EQ(result.reason(), "busy");
  EXPECT_EQ(result.after(), 9ns);
  EXPECT_EQ(result.settled(), 2u);
  EXPECT_THAT(result.positions(), ElementsAre(1));
  EXPECT_EQ(link_->death(), "");
}

TEST_F(LinkTest, TheMemoryOfABatchIsUsedAgainOnceItIsAnsweredFor) {
  for (std::uint64_t i = 0; i < 5; ++i) {
    auto result = offer(token + i);  // expects one map at most: hear() would see a second one
    say(raw(answer(PENSTOCK_WRITE_OK, token + i)));
    EXPECT_EQ(result.get().kind(), WriteResult::Kind::ok);
  }
  const std::ptrdiff_t before = open_descriptors();
  auto more = offer(50);
  say(raw(answer(PENSTOCK_WRITE_OK, 50)));
  static_cast<void>(more.get());
  EXPECT_EQ(open_descriptors(), before);
}

// ---- what it cannot truly say ends it, and its batch comes again

class Lie : public LinkTest, public ::testing::WithParamInterface<Malformed> {};

TEST_P(Lie, EndsTheChildAndTheBatchComesAgain) {
  auto result = offer();
  say(GetParam().bytes);
  const WriteResult answered = result.get();
  EXPECT_EQ(answered.kind(), WriteResult::Kind::fatal);
  EXPECT_THAT(answered.reason(),
              AllOf(HasSubstr("plugin org.example.liar: its process " + std::to_string(pid_)),
                    HasSubstr(GetParam().reason), HasSubstr("was killed")));
  EXPECT_EQ(link_->death(), answered.reason());
  EXPECT_FALSE(link_->call(Call::flush, "flush").ok());
}

std::vector<Malformed> lies() {
  std::vector<Malformed> lies = malformed();
  MessageHead too_much{.kind = 6, .status = 1, .number = token, .settled = 4};
  const std::vector<Malformed> more = {
      {"position_beyond", raw({.kind = 5, .number = token}, {3}), "position 3 in a batch of 3"},
      {"positions_too_many", raw({.kind = 5, .number = token}, {0, 1, 2, 0}), "more positions"},
      {"positions_of_another", raw({.kind = 5, .number = 7}, {0}), "the batch 7, which it has not"},
      {"answer_to_another", raw({.kind = 6, .number = 7}), "to what it was not asked"},
      {"settled_another", raw({.kind = 7, .number = 7}), "the batch 7, which it does not owe"},
      {"settled_too_much", raw(too_much), "4 events as settled, of a batch of 3"},
      {"made_again", raw({.kind = 1}), "to what it was not asked"},
      {"refused_late", raw({.kind = 2}), "to what it was not asked"},
      {"done_with_nothing", raw({.kind = 3, .number = 99}), "to what it was not asked"},
      {"failed_at_nothing", raw({.kind = 4, .number = 99}), "to what it was not asked"},
  };
  lies.insert(lies.end(), more.begin(), more.end());
  return lies;
}

INSTANTIATE_TEST_SUITE_P(All, Lie, ::testing::ValuesIn(lies()),
                         [](const auto& test) { return test.param.name; });

TEST_F(LinkTest, AnAnswerThatComesTwiceEndsTheChild) {
  auto result = offer();
  say(raw(answer(PENSTOCK_WRITE_OK)));
  EXPECT_EQ(result.get().kind(), WriteResult::Kind::ok);
  say(raw(answer(PENSTOCK_WRITE_OK)));
  EXPECT_THAT(context_.reported(), HasSubstr("to what it was not asked and was killed"));
}

TEST_F(LinkTest, ASettlementThatComesTwiceEndsTheChildAndCountsOnce) {
  auto result = offer();
  say(raw(answer(PENSTOCK_WRITE_PENDING)));
  EXPECT_EQ(result.get().kind(), WriteResult::Kind::pending);
  say(raw({.kind = 7, .number = token}));
  say(raw({.kind = 7, .number = token}));
  EXPECT_THAT(context_.reported(), HasSubstr("which it does not owe"));
  EXPECT_EQ(context_.settled()->first, token);
  EXPECT_EQ(context_.count(), 1u);
}

TEST_F(LinkTest, OneThatIsGoneHasAnsweredFatalForAllThatItOwes) {
  auto result = offer();
  say(raw(answer(PENSTOCK_WRITE_PENDING)));
  EXPECT_EQ(result.get().kind(), WriteResult::Kind::pending);
  ::kill(pid_, SIGKILL);
  const auto settled = context_.settled();
  ASSERT_TRUE(settled);
  EXPECT_EQ(settled->first, token);
  EXPECT_EQ(settled->second.kind(), WriteResult::Kind::fatal);
  EXPECT_THAT(settled->second.reason(), HasSubstr("was ended by signal 9"));
}

TEST_F(LinkTest, WhatItHadSaidBeforeItEndedCounts) {
  auto result = offer();
  ::kill(pid_, SIGSTOP);
  say(raw(answer(PENSTOCK_WRITE_OK)));
  ::kill(pid_, SIGKILL);
  EXPECT_EQ(result.get().kind(), WriteResult::Kind::ok);
}

// ---- time

TEST_F(LinkTest, OneThatDoesNotAnswerIsKilled) {
  begin(50ms);
  auto result = offer();
  const WriteResult answered = result.get();
  EXPECT_EQ(answered.kind(), WriteResult::Kind::fatal);
  EXPECT_THAT(answered.reason(), HasSubstr("did not answer for 0.05 s (write) and was killed"));
}

TEST_F(LinkTest, OneThatIsIdleAndGivesNoSignOfLifeIsKilled) {
  begin(50ms, 50ms);
  EXPECT_EQ(hear().call, Call::ping);
  EXPECT_THAT(context_.reported(), HasSubstr("gave no sign of life for 0.05 s and was killed"));
  EXPECT_FALSE(link_->death().empty());
}

TEST_F(LinkTest, OneThatAnswersItsPingsLives) {
  begin(50ms, 50ms);
  for (int i = 0; i < 4; ++i) {
    const Request ping = hear();
    ASSERT_EQ(ping.call, Call::ping);
    say_done(ping);
  }
  EXPECT_EQ(link_->death(), "");
}

TEST_F(LinkTest, APingBesideACallIsNoAnswerToIt) {
  begin(penstock::test::patience, 50ms);
  const Request ping = hear();
  auto result = offer();
  say_done(ping);
  say(raw(answer(PENSTOCK_WRITE_OK)));
  EXPECT_EQ(result.get().kind(), WriteResult::Kind::ok);
  EXPECT_EQ(link_->death(), "");
}

// ---- anything at all

TEST_F(LinkTest, RubbishNeverHangsNorGoesBeyondTheBatch) {
  auto random = random_stream(4);
  int lived = 0;
  for (std::uint64_t round = repeats(under_asan || under_tsan ? 40 : 150); round > 0; --round) {
    begin(penstock::test::patience);
    auto result = offer();
    for (std::uint64_t i = random() % 6; i > 0; --i) {
      Bytes bytes = random_message(random);
      if (random() % 2 == 0 && bytes.size() >= sizeof(MessageHead)) {
        std::memcpy(bytes.data() + offsetof(MessageHead, number), &token, sizeof token);
      }
      // It may have been killed by now, and the link gone with it.
      static_cast<void>(!::send(there_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL));
    }
    const Bytes last = raw(answer(PENSTOCK_WRITE_OK));
    static_cast<void>(!::send(there_.get(), last.data(), last.size(), MSG_NOSIGNAL));
    try {
      const WriteResult answered = result.get();
      ASSERT_LE(answered.settled(), 3u);
      ASSERT_LE(answered.positions().size(), 3u);
      for (const std::uint32_t at : answered.positions()) ASSERT_LT(at, 3u);
      if (answered.kind() != WriteResult::Kind::fatal) ++lived;
    } catch (const std::runtime_error&) {
      ++lived;  // "its write() threw"
    }
  }
  EXPECT_GT(lived, 0);
}

}  // namespace
}  // namespace penstock::isolation::test
