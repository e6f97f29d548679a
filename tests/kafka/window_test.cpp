// SPDX-License-Identifier: Apache-2.0
// What is sent, in which order, and how a batch is answered for.
#include "window.hpp"

#include <random>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "penstock/testing.hpp"
#include "support/run.hpp"

namespace kafka::test {
namespace {

using penstock::WriteResult;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

class WindowTest : public ::testing::Test {
 protected:
  void add(std::uint64_t token, std::size_t events) {
    window_.add(penstock::Batch({.token = token, .count = events}));
  }
  std::optional<Window::Event> take() {
    std::vector<Window::Event> one;
    window_.take(1, one);
    EXPECT_LE(one.size(), 1u);
    return one.empty() ? std::nullopt : std::optional(one.front());
  }
  // Tickets of all that may be sent now.
  std::vector<Ticket> take_all() {
    std::vector<Ticket> all;
    while (const auto event = take()) {
      all.push_back(event->ticket);
      sent_.push_back({event->batch->token(), event->position});
    }
    return all;
  }
  void report(const std::vector<Ticket>& tickets, Outcome outcome) {
    for (const Ticket ticket : tickets) window_.report(ticket, outcome, "why");
  }

  Window window_{};
  std::vector<std::pair<std::uint64_t, std::size_t>> sent_{};
};

TEST_F(WindowTest, GivesAsManyEventsAsAreAskedForAcrossBatches) {
  add(1, 3);
  add(2, 0);
  add(3, 4);
  std::vector<Window::Event> taken;
  window_.take(0, taken);
  EXPECT_THAT(taken, IsEmpty());
  window_.take(3, taken);
  ASSERT_EQ(taken.size(), 3u);
  EXPECT_EQ(taken.back().batch->token(), 1u);
  window_.put_back(taken[1].ticket);
  taken.clear();
  window_.take(4, taken);
  ASSERT_EQ(taken.size(), 4u);
  EXPECT_EQ(taken[0].batch->token(), 1u);
  EXPECT_EQ(taken[0].position, 1u) << "what was put back comes first";
  EXPECT_EQ(taken[1].batch->token(), 3u);
  EXPECT_EQ(taken[1].position, 0u);
  window_.take(4, taken);  // behind those
  ASSERT_EQ(taken.size(), 5u);
  EXPECT_EQ(taken[4].position, 3u);
  EXPECT_EQ(window_.sent(), 7u);
  EXPECT_EQ(window_.waiting(), 0u);
}

TEST_F(WindowTest, GivesEventsInTheirOrderAndAnswersForAWholeBatchOnce) {
  add(7, 2);
  add(8, 1);
  const auto tickets = take_all();
  EXPECT_THAT(sent_, ElementsAre(std::pair(7u, 0u), std::pair(7u, 1u), std::pair(8u, 0u)));
  window_.report(tickets[1], Outcome::delivered);
  EXPECT_THAT(window_.answers(), IsEmpty());
  window_.report(tickets[0], Outcome::delivered);
  window_.report(tickets[0], Outcome::refused);  // it has its outcome
  const auto answers = window_.answers();
  ASSERT_EQ(answers.size(), 1u);
  EXPECT_EQ(answers[0].token, 7u);
  EXPECT_EQ(answers[0].result.kind(), WriteResult::Kind::ok);
  EXPECT_THAT(window_.answers(), IsEmpty());
  window_.report(tickets[0], Outcome::delivered);  // of a batch that is gone
  EXPECT_EQ(window_.sent(), 1u);
}

TEST_F(WindowTest, AnEmptyBatchIsAnsweredFor) {
  add(1, 0);
  const auto answers = window_.answers();
  ASSERT_EQ(answers.size(), 1u);
  EXPECT_EQ(answers[0].result.kind(), WriteResult::Kind::ok);
}

TEST_F(WindowTest, NamesWhatIsRefused) {
  add(1, 3);
  const auto tickets = take_all();
  window_.report(tickets[1], Outcome::refused, "too long");
  report({tickets[0], tickets[2]}, Outcome::delivered);
  const auto answers = window_.answers();
  ASSERT_EQ(answers.size(), 1u);
  EXPECT_EQ(answers[0].result.kind(), WriteResult::Kind::reject);
  EXPECT_EQ(answers[0].result.reason(), "too long");
  EXPECT_THAT(answers[0].result.positions(), ElementsAre(1));
}

TEST_F(WindowTest, WhatHasToBeSentAgainComesBeforeAllThatWasOfferedLater) {
  add(1, 3);
  add(2, 2);
  const auto tickets = take_all();
  add(3, 1);
  sent_.clear();
  report({tickets[4], tickets[2], tickets[1]}, Outcome::again);
  window_.report(tickets[0], Outcome::delivered);
  window_.report(tickets[3], Outcome::delivered);
  take_all();
  EXPECT_THAT(sent_, ElementsAre(std::pair(1u, 1u), std::pair(1u, 2u), std::pair(2u, 1u),
                                 std::pair(3u, 0u)));
}

TEST_F(WindowTest, WhatIsPutBackIsTheNextOne) {
  add(1, 2);
  const auto first = take();
  window_.put_back(first->ticket);
  EXPECT_EQ(window_.waiting(), 2u);
  EXPECT_EQ(take()->position, 0u);
  EXPECT_EQ(take()->position, 1u);
}

TEST_F(WindowTest, WhatWasTooLargeInCompanyIsSentAloneAndOnlyThenRefused) {
  add(1, 3);
  const auto tickets = take_all();
  add(2, 1);
  report({tickets[0], tickets[1]}, Outcome::crowded);
  EXPECT_FALSE(take()) << "the third is still on its way";
  window_.report(tickets[2], Outcome::delivered);
  const auto alone = take();
  ASSERT_TRUE(alone);
  EXPECT_EQ(alone->ticket, tickets[0]);
  EXPECT_FALSE(take()) << "it would not be alone";
  window_.report(alone->ticket, Outcome::crowded, "too large");
  const auto second = take();
  ASSERT_TRUE(second);
  EXPECT_EQ(second->ticket, tickets[1]);
  window_.report(second->ticket, Outcome::delivered);
  const auto answers = window_.answers();
  ASSERT_EQ(answers.size(), 1u);
  EXPECT_THAT(answers[0].result.positions(), ElementsAre(0));
  EXPECT_EQ(take()->batch->token(), 2u);
}

TEST_F(WindowTest, GivingUpSaysWhatIsDelivered) {
  add(1, 3);
  add(2, 1);
  const auto tickets = take_all();
  window_.report(tickets[0], Outcome::delivered);
  window_.report(tickets[2], Outcome::delivered);
  const auto answers = window_.give_up("closed");
  ASSERT_EQ(answers.size(), 2u);
  EXPECT_EQ(answers[0].result.kind(), WriteResult::Kind::retry);
  EXPECT_EQ(answers[0].result.settled(), 1u);
  EXPECT_EQ(answers[1].result.settled(), 0u);
  EXPECT_EQ(window_.sent() + window_.waiting(), 0u);
  window_.report(tickets[1], Outcome::delivered);  // too late
  add(3, 1);
  EXPECT_EQ(take()->batch->token(), 3u);
}

// Whatever happens to events, in whatever order: each batch is answered for once, each event that
// is settled has had its outcome, and events that are sent for the first time are so in order.
TEST_F(WindowTest, AnswersForEachBatchOnceWhateverHappens) {
  auto random = penstock::test::random_stream(1);
  std::map<std::uint64_t, int> answered;
  std::vector<Ticket> out;
  Ticket newest = 0;
  std::uint64_t token = 0;
  const auto take_answers = [&] {
    for (const auto& answer : window_.answers()) ++answered[answer.token];
  };
  for (int step = 0; step < 20'000; ++step) {
    if (random() % 8 == 0 && token < 500) add(++token, random() % 6);
    if (random() % 2 == 0) {
      const std::size_t most = random() % 8;
      std::vector<Window::Event> taken;
      window_.take(most, taken);
      ASSERT_LE(taken.size(), most);
      for (std::size_t i = 0; i < taken.size(); ++i) {
        ASSERT_TRUE(i == 0 || taken[i - 1].ticket < taken[i].ticket);
        out.push_back(taken[i].ticket);
        newest = std::max(newest, taken[i].ticket);
      }
    }
    if (random() % 2 == 0 && !out.empty()) {
      const std::size_t at = random() % out.size();
      const auto outcome = static_cast<Outcome>(random() % 8 < 4 ? 0 : random() % 4);
      window_.report(out[at], outcome, "why");
      out.erase(out.begin() + static_cast<std::ptrdiff_t>(at));
    }
    if (random() % 500 == 0) {
      window_.forget_sent();
      out.clear();
    }
    take_answers();
    ASSERT_EQ(window_.sent(), out.size());
  }
  for (int step = 0; step < 100'000 && window_.sent() + window_.waiting() != 0; ++step) {
    if (const auto event = take()) out.push_back(event->ticket);
    if (!out.empty()) {
      window_.report(out.back(), Outcome::delivered);
      out.pop_back();
    }
    take_answers();
  }
  take_answers();
  EXPECT_EQ(answered.size(), token);
  for (const auto& [one, times] : answered) EXPECT_EQ(times, 1) << one;
}

}  // namespace
}  // namespace kafka::test
