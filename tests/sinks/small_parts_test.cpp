// SPDX-License-Identifier: Apache-2.0
// The null sink, owners, the rotation clock, the threads of sinks, and counting events.
#include <limits>
#include <sched.h>
#include <thread>
#include <unistd.h>
#include <vector>

#include "penstock/sinks.hpp"
#include "sinks/io_thread.hpp"
#include "sinks/owner.hpp"
#include "sinks/rotation_clock.hpp"
#include "sinks/write_all.hpp"
#include "support.hpp"
#include "support/wait.hpp"

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

std::vector<int> cpus_of(pid_t thread) {
  cpu_set_t set;
  CPU_ZERO(&set);
  EXPECT_EQ(::sched_getaffinity(thread, sizeof set, &set), 0);
  std::vector<int> cpus;
  for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
    if (CPU_ISSET(static_cast<std::size_t>(cpu), &set)) cpus.push_back(cpu);
  }
  return cpus;
}

TEST(IoThread, LeavesTheCpuToItsWorkerWhereThereIsAnother) {
  const pid_t worker = ::gettid();
  const std::vector<int> all = cpus_of(worker);
  for (const int cpu : all) {
    std::vector<int> others = all;
    std::erase(others, cpu);
    start_io_thread("io", [&] {
      leave_cpu_to(worker, cpu);
      EXPECT_EQ(cpus_of(0), all.size() == 1 ? all : others);
    }).join();
  }
  EXPECT_EQ(cpus_of(worker), all);
}

TEST(IoThread, StaysWhereItIsWhenItsWorkerIsGone) {
  pid_t gone = 0;
  std::thread([&] { gone = ::gettid(); }).join();
  cpu_set_t cpus;
  ASSERT_TRUE(penstock::test::eventually(
      [&] { return ::sched_getaffinity(gone, sizeof cpus, &cpus) == -1; }));
  start_io_thread("io", [&] {
    const std::vector<int> before = cpus_of(0);
    leave_cpu_to(gone, before.front());
    EXPECT_EQ(cpus_of(0), before);
  }).join();
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
