// SPDX-License-Identifier: Apache-2.0
// The null sink, owners, the rotation clock, and counting events.
#include <limits>

#include "penstock/sinks.hpp"
#include "sinks/owner.hpp"
#include "sinks/rotation_clock.hpp"
#include "sinks/write_all.hpp"
#include "support.hpp"

namespace penstock::sinks::testing {
namespace {

TEST(NullSink, NeedsNothingAndTakesEverything) {
  const auto sink = null_sink()();
  EXPECT_FALSE(sink->needs().events);
  EXPECT_FALSE(sink->needs().encoded);
  ManualContext context;
  ASSERT_TRUE(sink->open(context).ok());
  EXPECT_EQ(write_batch(*sink, {"a\n"}).kind(), WriteResult::Kind::ok);
}

TEST(SinkFactories, MakeANewSinkEachTime) {
  for (const SinkFactory& make : {null_sink(), console_sink(), file_sink({.path = "unused"})}) {
    EXPECT_NE(make(), make());
  }
}

TEST(Owner, TakesNamesAndNumbers) {
  EXPECT_TRUE(find_owner("")->keeps_all());
  EXPECT_EQ(find_owner("root")->user, 0U);
  EXPECT_EQ(find_owner("root")->group, Owner::keep_group);
  EXPECT_EQ(find_owner("root:root")->group, 0U);
  EXPECT_EQ(find_owner(":root")->group, 0U);
  EXPECT_EQ(find_owner(":root")->user, Owner::keep_user);
  EXPECT_EQ(find_owner("4242:4343")->user, 4242U);
  EXPECT_EQ(find_owner("4242:4343")->group, 4343U);
}

TEST(Owner, RefusesWhatIsUnknown) {
  for (const char* text : {"no_such_user", "root:no_such_group", "root:", ":", "-1", "4294967295",
                           "99999999999", "1x", ":4294967295"}) {
    EXPECT_FALSE(find_owner(text).ok()) << text;
  }
}

TEST(RotationClock, PassesABoundaryOnce) {
  RotationClock clock(std::chrono::hours{1});
  clock.restart(10 * hour, 10 * hour);
  EXPECT_FALSE(clock.passed_boundary(11 * hour - 1));
  EXPECT_TRUE(clock.passed_boundary(11 * hour));
  EXPECT_FALSE(clock.passed_boundary(11 * hour + 1));
  EXPECT_TRUE(clock.passed_boundary(20 * hour));
}

TEST(RotationClock, KnowsFilesOfEarlierPeriods) {
  RotationClock clock(std::chrono::hours{1});
  EXPECT_TRUE(clock.restart(10 * hour, 10 * hour - 1));
  EXPECT_FALSE(clock.restart(10 * hour, 10 * hour));
  EXPECT_FALSE(clock.restart(10 * hour, 12 * hour));
}

TEST(RotationClock, HasNoBoundariesWithoutAPeriodAndOneThatFitsNoClock) {
  for (const auto period : {std::chrono::seconds{0}, std::chrono::seconds::max()}) {
    RotationClock clock(period);
    EXPECT_FALSE(clock.restart(10 * hour, 0));
    EXPECT_FALSE(clock.passed_boundary(std::numeric_limits<std::int64_t>::max()));
  }
}

TEST(EventsWithin, CountsEventsThatEndAtOrBeforeALimit) {
  const std::vector<std::uint32_t> ends{2, 4, 4, 9};
  EXPECT_EQ(events_within(ends, 0), 0U);
  EXPECT_EQ(events_within(ends, 3), 1U);
  EXPECT_EQ(events_within(ends, 4), 3U);
  EXPECT_EQ(events_within(ends, std::uint64_t{1} << 40), 4U);
}

}  // namespace
}  // namespace penstock::sinks::testing
