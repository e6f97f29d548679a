// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <vector>

#include <gtest/gtest.h>

#include "pipeline/gate.hpp"
#include "support/run.hpp"
#include "support/wait.hpp"

namespace penstock::pipeline {
namespace {

using namespace std::chrono_literals;

TEST(GateModel, AdmitsWhatFitsAndNothingElse) {
  auto random = test::random_stream();
  for (std::uint64_t round = 0; round < test::repeats(50); ++round) {
    const auto limit = static_cast<std::int64_t>(random() % 100'000 + 1'000);
    const auto percent = static_cast<std::uint32_t>(random() % 91);
    Gate gate;
    gate.configure(limit, percent);
    const std::int64_t ordinary = limit - limit / 100 * percent;
    std::int64_t used = 0;
    std::int64_t high = 0;
    std::vector<std::int64_t> charged;
    for (int step = 0; step < 2'000; ++step) {
      if (random() % 2 == 0 && !charged.empty()) {
        std::swap(charged[random() % charged.size()], charged.back());
        used -= charged.back();
        gate.release(charged.back());
        charged.pop_back();
      } else {
        const auto bytes = static_cast<std::int64_t>(random() % 20'000 + 1);
        const bool urgent = random() % 2 == 0;
        const bool fits = used == 0 || used + bytes <= (urgent ? limit : ordinary);
        ASSERT_EQ(gate.try_charge(bytes, urgent), fits);
        if (fits) {
          used += bytes;
          charged.push_back(bytes);
        }
      }
      high = std::max(high, used);
      ASSERT_EQ(gate.used(), used);
      ASSERT_EQ(gate.high(), high);
      const auto bytes = static_cast<std::int64_t>(random() % 20'000);
      ASSERT_EQ(gate.has_room(bytes), used == 0 || used + bytes <= ordinary);
    }
  }
}

TEST(GateModel, ManyThreadsNeverExceedTheLimit) {
  Gate gate;
  gate.configure(100, 0);
  test::Threads threads;
  threads.start(4, [&](std::size_t) {
    for (int i = 0; i < 20'000; ++i) {
      if (gate.try_charge(10, false)) gate.release(10);
    }
  });
  threads.join();
  EXPECT_EQ(gate.used(), 0);
  EXPECT_LE(gate.high(), 100);
}

TEST(GateModel, WhoWaitsIsWokenWhenThereIsRoom) {
  Gate gate;
  gate.configure(100, 0);
  for (int round = 0; round < 200; ++round) {
    ASSERT_TRUE(gate.try_charge(100, false));
    test::Threads threads;
    threads.start([&] {
      const auto deadline = test::Clock::now() + test::patience;
      while (!gate.try_charge(100, false)) {
        ASSERT_LT(test::Clock::now(), deadline);
        gate.wait_for_room(100, false, deadline);
      }
    });
    gate.release(100);
    threads.join();
    gate.release(100);
  }
}

TEST(GateModel, WaitingEndsAtTheDeadlineAndByATurn) {
  Gate gate;
  gate.configure(100, 0);
  ASSERT_TRUE(gate.try_charge(100, false));
  gate.wait_for_room(10, false, test::Clock::now() + 5ms);
  std::atomic<bool> done{false};
  test::Threads threads;
  threads.start([&] {
    gate.wait_for_room(10, false, test::Clock::now() + test::patience);
    done = true;
  });
  EXPECT_TRUE(test::eventually([&] {
    gate.turn();
    return done.load();
  }));
}

TEST(GateModel, AStallIsOverWithTheFirstRelease) {
  Gate gate;
  gate.configure(100, 0);
  EXPECT_FALSE(gate.stalled());
  ASSERT_TRUE(gate.try_charge(50, false));
  gate.set_stalled(true);
  EXPECT_TRUE(gate.stalled());
  gate.release(50);
  EXPECT_FALSE(gate.stalled());
}

}  // namespace
}  // namespace penstock::pipeline
