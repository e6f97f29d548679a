// SPDX-License-Identifier: Apache-2.0
#include "window.hpp"

#include <array>
#include <map>
#include <random>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace penstock::syslog {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;

constexpr Window::Time start{};
// As the time since which a receiver may have lost what it had acknowledged.
constexpr Window::Time any_time = Window::Time::min();
constexpr Window::Time never = Window::Time::max();

// Messages of `bytes` bytes each, one for each event.
Encoded messages(std::size_t count, std::size_t bytes = 10) {
  Encoded encoded;
  for (std::size_t i = 0; i < count; ++i) {
    encoded.bytes += std::string(bytes, static_cast<char>('a' + i % 26));
    encoded.frames.push_back({.end = static_cast<std::uint32_t>(encoded.bytes.size()),
                              .event = static_cast<std::uint32_t>(i)});
  }
  encoded.events = count;
  return encoded;
}

Window::Offer offer(std::uint64_t id, std::size_t count, std::size_t offset = 0) {
  return {.token = 100 + id, .id = id, .offset = offset, .count = count};
}

std::string next_of(const Window& window) {
  std::array<iovec, 4> pieces{};
  const std::size_t count = window.next(pieces);
  std::string text;
  for (std::size_t i = 0; i < count; ++i) {
    text.append(static_cast<const char*>(pieces[i].iov_base), pieces[i].iov_len);
  }
  return text;
}

TEST(SyslogWindow, ABatchIsSettledWhenAllOfItIsAcknowledged) {
  Window window(0, 10s);
  window.push(offer(1, 3), messages(3), start);
  window.connection_begins();
  EXPECT_EQ(next_of(window), "aaaaaaaaaabbbbbbbbbbcccccccccc");
  window.sent(30);
  EXPECT_FALSE(window.has_unsent());
  Window::Answers answers;
  window.acked(29, start, answers);
  EXPECT_TRUE(answers.empty());
  window.acked(30, start, answers);
  ASSERT_EQ(answers.size(), 1U);
  EXPECT_EQ(answers[0].first, 101U);
  EXPECT_EQ(answers[0].second.kind(), WriteResult::Kind::ok);
  EXPECT_FALSE(window.has_unsettled());
}

TEST(SyslogWindow, WhatWasNotAcknowledgedIsSentAgainFromTheBeginningOfItsMessage) {
  Window window(0, 10s);
  window.push(offer(1, 3), messages(3), start);
  window.connection_begins();
  window.sent(28);
  Window::Answers answers;
  window.acked(15, start, answers);
  EXPECT_TRUE(window.connection_ends(never));
  EXPECT_EQ(next_of(window), "bbbbbbbbbbcccccccccc");
}

TEST(SyslogWindow, AfterAResetWhatWasAcknowledgedIsSentAgainToo) {
  Window window(15, 10s);
  window.push(offer(1, 3), messages(3), start);
  window.push(offer(2, 1), messages(1), start);
  window.connection_begins();
  window.sent(40);
  Window::Answers answers;
  window.acked(30, start, answers);
  window.tidy(start);
  EXPECT_EQ(answers.size(), 1U);
  window.connection_ends(any_time);
  EXPECT_EQ(next_of(window), "bbbbbbbbbbccccccccccaaaaaaaaaa");
  window.connection_begins();
  window.sent(30);
  window.acked(30, start, answers);
  EXPECT_EQ(answers.size(), 2U);  // the first one is not told twice
}

TEST(SyslogWindow, AfterAnEndInOrderOnlyWhatIsNewIsSentAgain) {
  Window window(1000, 10s);
  for (std::uint64_t id = 1; id <= 3; ++id) window.push(offer(id, 1), messages(1), start);
  window.connection_begins();
  window.sent(30);
  Window::Answers answers;
  window.acked(10, start, answers);
  window.acked(20, start + 5s, answers);
  window.acked(30, start + 6s, answers);
  window.connection_ends(start + 5s);
  EXPECT_EQ(next_of(window).size(), 20U);
}

TEST(SyslogWindow, ResetsOfShortConnectionsComeToAnEnd) {
  Window window(1000, 10s);
  window.push(offer(1, 20), messages(20), start);
  Window::Answers answers;
  int resets = 0;
  while (answers.empty() && resets < 100) {
    window.connection_begins();
    window.sent(next_of(window).size());
    window.acked(20, start, answers);  // and no more
    window.connection_ends(any_time);
    ++resets;
  }
  EXPECT_EQ(answers.size(), 1U);
}

TEST(SyslogWindow, WhatCannotBeSentIsGivenBackWithoutWhatHasArrived) {
  Window window(0, 10s);
  Encoded first = messages(3);
  first.refused = {1};
  first.frames.erase(first.frames.begin() + 1);  // it has no message
  first.frames[0].end = 10;
  window.push(offer(1, 3), std::move(first), start);
  window.push(offer(2, 2), messages(2), start);
  window.connection_begins();
  window.sent(30);
  Window::Answers answers;
  window.acked(12, start, answers);
  window.connection_ends(never);
  window.give_up("nobody is there", answers);
  ASSERT_EQ(answers.size(), 2U);
  EXPECT_EQ(answers[0].second.kind(), WriteResult::Kind::retry);
  EXPECT_EQ(answers[0].second.settled(), 2U);
  EXPECT_THAT(answers[0].second.positions(), ElementsAre(1));
  EXPECT_EQ(answers[1].second.settled(), 0U);
  EXPECT_FALSE(window.has_unsent());
  EXPECT_FALSE(window.has_unsettled());
}

TEST(SyslogWindow, ABatchThatWaitsLongIsReleasedAndFoundAgain) {
  Window window(0, 10s);
  window.push(offer(1, 3), messages(3), start);
  window.push(offer(2, 3), messages(3), start);
  window.connection_begins();
  window.sent(60);
  Window::Answers answers;
  window.acked(10, start, answers);
  window.release_old(start, "it takes long", 1s, answers);
  ASSERT_EQ(answers.size(), 2U);
  EXPECT_EQ(answers[0].second.settled(), 1U);
  answers.clear();

  const auto again = window.claim({.token = 7, .id = 1, .offset = 1, .count = 2}, start + 1s);
  ASSERT_TRUE(again.has_value());
  EXPECT_EQ(again->kind(), WriteResult::Kind::pending);
  window.acked(60, start + 1s, answers);
  ASSERT_EQ(answers.size(), 1U);
  EXPECT_EQ(answers[0].first, 7U);
  // The other one has arrived before it was offered again.
  window.tidy(start + 100s);
  const auto arrived = window.claim({.token = 8, .id = 2, .offset = 0, .count = 3}, start + 2s);
  ASSERT_TRUE(arrived.has_value());
  EXPECT_EQ(arrived->kind(), WriteResult::Kind::ok);
  EXPECT_FALSE(window.claim({.token = 9, .id = 3, .offset = 0, .count = 3}, start).has_value());
}

TEST(SyslogWindow, WhatIsSettledIsKeptForAWhileOnly) {
  Window window(25, 10s);
  for (std::uint64_t id = 1; id <= 5; ++id) window.push(offer(id, 1), messages(1), start);
  window.connection_begins();
  window.sent(50);
  Window::Answers answers;
  window.acked(50, start, answers);
  window.tidy(start);
  window.connection_ends(any_time);
  EXPECT_EQ(next_of(window).size(), 30U);  // 25 bytes, from the beginning of a message on
  window.connection_begins();
  window.sent(30);
  window.acked(30, start, answers);
  window.tidy(start + 11s);
  window.connection_ends(any_time);
  EXPECT_EQ(next_of(window), "");
}

// Random connections against a receiver that reads what was acknowledged but for up to `unread`
// bytes of each connection that is reset.
TEST(SyslogWindow, AnyConnectionsCarryAllMessagesInTheirOrder) {
  constexpr std::size_t unread_max = 300;
  for (unsigned seed = 0; seed < 300; ++seed) {
    std::minstd_rand random(seed);
    const auto number = [&](std::size_t below) { return random() % below; };
    Window window(unread_max, 10s);
    std::uint64_t id = 0;
    std::uint64_t next_message = 0;  // to be made
    std::uint64_t seen = 0;          // by the receiver: all before it
    std::set<std::uint64_t> settled;
    const auto push = [&] {
      Encoded encoded;
      const std::size_t count = 1 + number(20);
      for (std::size_t i = 0; i < count; ++i) {
        std::string text = std::to_string(next_message++);
        text.insert(0, number(30), '.');
        encoded.bytes += text + "\n";
        encoded.frames.push_back({.end = static_cast<std::uint32_t>(encoded.bytes.size()),
                                  .event = static_cast<std::uint32_t>(i)});
      }
      encoded.events = count;
      window.push(offer(++id, count), std::move(encoded), start);
    };
    for (int connection = 0; connection < 60; ++connection) {
      push();
      window.connection_begins();
      std::string stream;
      std::size_t acked = 0;
      Window::Answers answers;
      for (std::size_t step = 3 + number(20); step-- > 0;) {
        if (number(3) == 0) push();
        const std::string next = next_of(window);
        const std::size_t taken = next.empty() ? 0 : number(next.size() + 1);
        stream += next.substr(0, taken);
        window.sent(taken);
        acked += number(stream.size() - acked + 1);
        window.acked(acked, start, answers);
        window.tidy(start);
      }
      const bool is_reset = number(2) == 0 && acked > unread_max + 100;  // and got further
      const std::size_t unread = is_reset ? number(unread_max) : 0;
      const std::string read = stream.substr(0, acked - unread);
      for (std::size_t at = 0; at < read.size();) {
        const std::size_t end = read.find('\n', at);
        if (end == std::string::npos) break;
        const std::uint64_t one = std::stoull(read.substr(read.find_first_not_of('.', at), end));
        ASSERT_LE(one, seen) << "seed " << seed;
        seen = std::max(seen, one + 1);
        at = end + 1;
      }
      for (const auto& [token, result] : answers) {
        ASSERT_EQ(result.kind(), WriteResult::Kind::ok);
        ASSERT_TRUE(settled.insert(token).second) << "told twice, seed " << seed;
      }
      window.connection_ends(is_reset ? any_time : never);
    }
    ASSERT_GT(settled.size(), 10U);
  }
}

// It was offered before the pipeline could see the answer.
TEST(SyslogWindow, OneLaterBatchDoesNotGiveUpAReleasedOne) {
  for (const int later : {1, 2}) {
    Window window(0, 10s);
    window.push(offer(1, 3), messages(3), start);
    Window::Answers answers;
    window.release_old(start, "it takes long", 1s, answers);
    ASSERT_EQ(answers.size(), 1U);
    for (int i = 0; i < later; ++i) {
      window.push(offer(static_cast<std::uint64_t>(2 + i), 3), messages(3), start + 1s);
    }
    EXPECT_EQ(window.claim(offer(1, 3), start + 1s).has_value(), later == 1);
  }
}

// Also when there is another server, to which less was sent again before.
TEST(SyslogWindow, AfterAConnectionThatGotFurtherAllOfItIsSentAgain) {
  Window window(1 << 20, 10s);
  Window::Answers answers;
  const auto unsent = [&] {
    std::array<iovec, 8> pieces{};
    const std::size_t count = window.next(pieces);
    std::size_t bytes = 0;
    for (std::size_t i = 0; i < count; ++i) bytes += pieces[i].iov_len;
    return bytes;
  };
  const auto carry_all = [&](unsigned others) {
    const std::size_t bytes = unsent();
    window.connection_begins();
    window.sent(bytes);
    window.acked(bytes, start, answers);
    window.connection_ends({}, others);
    return bytes;
  };
  window.push(offer(1, 100), messages(100), start);
  std::size_t carried = carry_all(0);
  EXPECT_EQ(unsent(), carried);
  carried = carry_all(0);  // a standstill
  EXPECT_LT(unsent(), carried);
  window.push(offer(2, 100), messages(100), start);
  carried = carry_all(1);
  EXPECT_EQ(unsent(), carried);
}

}  // namespace
}  // namespace penstock::syslog
