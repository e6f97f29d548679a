// SPDX-License-Identifier: Apache-2.0
// What a child says is read by one who trusts nothing of it.
#include "isolation/messages.hpp"

#include <bit>
#include <cstring>
#include <random>

#include <gmock/gmock.h>

#include "isolation/offers.hpp"
#include "isolation_support.hpp"
#include "penstock/plugin/abi.h"
#include "plugin/words.hpp"
#include "raw_message.hpp"

namespace penstock::isolation::test {
namespace {

using penstock::test::random_stream;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(Messages, AreReadAsTheyWereSaid) {
  const auto read = parse_message(raw({.kind = 5, .number = 7}, {1, 2, 9}));
  ASSERT_TRUE(read.ok());
  EXPECT_EQ(read->kind, Kind::positions);
  EXPECT_EQ(read->number, 7u);
  EXPECT_THAT(read->positions, ElementsAre(1, 2, 9));
  const auto text = parse_message(raw({.kind = 8}, {}, "the ink runs out"));
  ASSERT_TRUE(text.ok());
  EXPECT_EQ(text->text, "the ink runs out");
  const auto figure =
      parse_message(raw({.kind = 9, .value = std::bit_cast<std::uint64_t>(0.5)}, {}, "ink"));
  ASSERT_TRUE(figure.ok());
  EXPECT_EQ(figure->text, "ink");
  EXPECT_EQ(std::bit_cast<double>(figure->value), 0.5);
}

TEST(Messages, HaveTheirTextOnOneLineAndWithinItsBound) {
  const auto text = parse_message(raw({.kind = 8}, {}, "a\nb\x1b[2J"));
  ASSERT_TRUE(text.ok());
  EXPECT_EQ(text->text, plugin::one_line("a\nb\x1b[2J"));
  EXPECT_EQ(text->text.find('\n'), std::string::npos);
  const auto longest = parse_message(raw({.kind = 8}, {}, std::string(message_text_max, '\n')));
  ASSERT_TRUE(longest.ok());
  EXPECT_EQ(longest->text.size(), message_text_max);
  EXPECT_TRUE(longest->text.ends_with("..."));
}

class MalformedMessages : public ::testing::TestWithParam<Malformed> {};

TEST_P(MalformedMessages, AreRefusedWithTheReason) {
  const auto read = parse_message(GetParam().bytes);
  ASSERT_FALSE(read.ok());
  EXPECT_THAT(read.errors().front().message, HasSubstr(GetParam().reason));
}

INSTANTIATE_TEST_SUITE_P(All, MalformedMessages, ::testing::ValuesIn(malformed()),
                         [](const auto& test) { return test.param.name; });

// Rubbish is refused or harmless: what is made of it lies within its bounds.
TEST(Messages, OfRandomBytesAreRefusedOrWithinTheirBounds) {
  auto random = random_stream(2);
  std::size_t read_well = 0;
  for (std::uint64_t round = repeats(20'000); round > 0; --round) {
    const Bytes bytes = random_message(random);
    const auto read = parse_message(bytes);
    if (!read) continue;
    ++read_well;
    ASSERT_LE(read->text.size(), message_text_max);
    ASSERT_LE(read->positions.size(), positions_per_message);
    ASSERT_GE(read->after_ns, 0);
    ASSERT_TRUE(read->kind == Kind::positions || read->positions.empty());
  }
  EXPECT_GT(read_well, 100u);  // else only the first check was tried
}

// ---- what they mean

Message answer(std::uint64_t token, std::uint32_t status, std::uint64_t settled = 0) {
  return {.kind = Kind::answer, .status = status, .number = token, .settled = settled};
}
Message settlement(std::uint64_t token, std::uint32_t status) {
  return {.kind = Kind::settle, .status = status, .number = token};
}
Message positions(std::uint64_t token, std::vector<std::uint32_t> positions) {
  return {.kind = Kind::positions, .number = token, .positions = std::move(positions)};
}

class OffersTest : public ::testing::Test {
 protected:
  OffersTest() { offers_.add(1, 3, 17, {}); }
  Offers offers_{};
};

TEST_F(OffersTest, AnAnswerIsTakenOnceAndFreesItsMemory) {
  const auto first = offers_.take(answer(1, PENSTOCK_WRITE_OK));
  ASSERT_TRUE(first.result);
  EXPECT_EQ(first.result->kind(), WriteResult::Kind::ok);
  EXPECT_EQ(first.free_segment, 17u);
  EXPECT_THAT(offers_.take(answer(1, PENSTOCK_WRITE_OK)).nonsense, HasSubstr("does not owe"));
  EXPECT_THAT(offers_.take(settlement(1, PENSTOCK_WRITE_OK)).nonsense, HasSubstr("does not owe"));
}

TEST_F(OffersTest, ASettlementMayComeBeforeWriteReturns) {
  const auto settled = offers_.take(settlement(1, PENSTOCK_WRITE_REJECT));
  EXPECT_EQ(settled.result->kind(), WriteResult::Kind::reject);
  EXPECT_FALSE(settled.free_segment);  // write() may still read it
  EXPECT_EQ(offers_.take(answer(1, PENSTOCK_WRITE_PENDING)).free_segment, 17u);
}

TEST_F(OffersTest, PositionsBelongToTheirBatchAndLieWithinIt) {
  EXPECT_EQ(offers_.take_positions(positions(1, {0, 2})), "");
  EXPECT_THAT(offers_.take_positions(positions(1, {3})), HasSubstr("position 3 in a batch of 3"));
  EXPECT_THAT(offers_.take_positions(positions(1, {0, 1})), HasSubstr("more positions"));
  EXPECT_THAT(offers_.take_positions(positions(2, {0})), HasSubstr("which it has not"));
  const auto rejected = offers_.take(answer(1, PENSTOCK_WRITE_REJECT));
  EXPECT_THAT(rejected.result->positions(), ElementsAre(0, 2));
}

TEST_F(OffersTest, NoMoreIsSettledThanWasOffered) {
  EXPECT_THAT(offers_.take(answer(1, PENSTOCK_WRITE_RETRY, 4)).nonsense,
              HasSubstr("4 events as settled, of a batch of 3"));
}

TEST_F(OffersTest, WhatIsOwedIsWhatWriteLeftPending) {
  EXPECT_FALSE(offers_.owed_since());
  static_cast<void>(offers_.take(answer(1, PENSTOCK_WRITE_PENDING)));
  offers_.add(2, 1, 18, Offers::Time{} + 1s);
  EXPECT_EQ(offers_.owed_since(), Offers::Time{});
  EXPECT_EQ(offers_.owed(), 1u);
  EXPECT_FALSE(offers_.only());
  offers_.forget(1);
  EXPECT_FALSE(offers_.owed());
  EXPECT_EQ(offers_.only(), 2u);
  EXPECT_THAT(offers_.take(settlement(1, PENSTOCK_WRITE_OK)).nonsense, HasSubstr("does not owe"));
}

TEST_F(OffersTest, WhatIsSaidOfAPartIsMeantForTheWhole) {
  offers_.add(2, 4, 18, {}, true);
  const auto ok = offers_.take(answer(2, PENSTOCK_WRITE_OK));
  EXPECT_EQ(ok.result->kind(), WriteResult::Kind::retry);
  EXPECT_EQ(ok.result->settled(), 4u);
  offers_.add(3, 4, 18, {}, true);
  EXPECT_EQ(offers_.take_positions(positions(3, {1})), "");
  const auto named = offers_.take(answer(3, PENSTOCK_WRITE_REJECT));
  EXPECT_EQ(named.result->kind(), WriteResult::Kind::retry);
  EXPECT_EQ(named.result->settled(), 4u);
  EXPECT_THAT(named.result->positions(), ElementsAre(1));
  offers_.add(4, 4, 18, {}, true);
  EXPECT_EQ(offers_.take(answer(4, PENSTOCK_WRITE_REJECT)).result->kind(),
            WriteResult::Kind::reject);
}

// Whatever it says, each offer has one return and one settlement at most, within its bounds.
TEST(OffersModel, NothingThatIsSaidGoesBeyondWhatWasOffered) {
  auto random = random_stream(3);
  for (std::uint64_t round = repeats(300); round > 0; --round) {
    Offers offers;
    std::map<std::uint64_t, std::size_t> events;
    std::map<std::uint64_t, int> returns;
    std::map<std::uint64_t, int> settlements;
    for (int step = 0; step < 60; ++step) {
      const std::uint64_t token = random() % 8;
      if (random() % 4 == 0 && !events.contains(token)) {
        events[token] = 1 + random() % 4;
        offers.add(token, events[token], static_cast<std::uint32_t>(token), {});
        continue;
      }
      auto message = parse_message(random_message(random));
      if (!message) continue;
      message->number = token;
      if (message->kind == Kind::positions) {
        const std::string wrong = offers.take_positions(*message);
        ASSERT_TRUE(!wrong.empty() || events.contains(token));
      }
      if (message->kind != Kind::answer && message->kind != Kind::settle) continue;
      const bool is_return = message->kind == Kind::answer;
      const auto outcome = offers.take(*std::move(message));
      if (!outcome.nonsense.empty()) continue;
      ASSERT_EQ((is_return ? returns : settlements)[token]++, 0);
      ASSERT_LE(outcome.result->settled(), events.at(token));
      ASSERT_LE(outcome.result->positions().size(), events.at(token));
      for (const std::uint32_t at : outcome.result->positions()) ASSERT_LT(at, events.at(token));
    }
  }
}

}  // namespace
}  // namespace penstock::isolation::test
