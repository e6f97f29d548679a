// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "pipeline/deduplicator.hpp"
#include "support/run.hpp"

namespace penstock::pipeline {
namespace {

using namespace std::chrono_literals;

struct Kept {
  int event = -1;
  std::size_t bytes() const noexcept { return event < 0 ? 0 : 10; }
};
using Table = Deduplicator<Kept>;
using Time = Table::Time;
using Verdict = Table::Verdict;

// What came out, in order: the event, how many it stands for (0: it went through), and when.
struct Out {
  int event;
  std::uint64_t repeated;
  Time at;
  friend bool operator==(const Out&, const Out&) = default;
};
void PrintTo(const Out& out, std::ostream* to) {
  *to << "event " << out.event << " x" << out.repeated << " at "
      << out.at.time_since_epoch().count();
}

// Windows in a plain vector, searched from end to end; it knows what each held in full.
struct SlowTable {
  struct Window {
    std::string key;
    Time end;
    std::vector<int> events{};
  };
  std::chrono::nanoseconds length;
  std::size_t max_keys;
  std::vector<Window> windows{};
  std::vector<Out> out{};
  int duplicates = 0;

  // Ends the window that is the first to end, `at` that time.
  void end(std::size_t index, Time at, bool again) {
    Window window = windows[index];
    windows.erase(windows.begin() + static_cast<std::ptrdiff_t>(index));
    if (window.events.empty()) return;
    out.push_back({window.events.back(), window.events.size(), at});
    duplicates += static_cast<int>(window.events.size()) - 1;
    if (again) windows.push_back({window.key, std::min(window.end, at) + length, {}});
  }
  std::size_t first_to_end() const {
    return static_cast<std::size_t>(
        std::min_element(windows.begin(), windows.end(),
                         [](const Window& a, const Window& b) { return a.end < b.end; }) -
        windows.begin());
  }
  void settle(Time now) {
    for (;;) {
      if (windows.empty()) return;
      const std::size_t first = first_to_end();
      const bool crowded = windows.size() > max_keys;
      if (windows[first].end > now && !crowded) return;
      end(first, now, !crowded);
    }
  }
  void add(int event, const std::string& key, Time now) {
    for (Window& window : windows) {
      if (window.key == key) return window.events.push_back(event);
    }
    out.push_back({event, 0, now});
    windows.push_back({key, now + length, {}});
  }
  void end_all(Time now) {
    std::vector<Window> old;
    std::swap(old, windows);
    std::stable_sort(old.begin(), old.end(),
                     [](const Window& a, const Window& b) { return a.end < b.end; });
    for (Window& window : old) {
      windows.insert(windows.begin(), window);
      end(0, now, true);
    }
  }
  std::size_t kept() const {
    return static_cast<std::size_t>(
        std::count_if(windows.begin(), windows.end(),
                      [](const Window& window) { return !window.events.empty(); }));
  }
};

struct Subject {
  Table table;
  std::vector<Out> out{};
  int duplicates = 0;

  bool settle_one(Time now) {
    return table.release(now, [&](Kept& kept, std::uint64_t repeated) {
      out.push_back({kept.event, repeated, now});
    });
  }
  void settle(Time now) {
    while (settle_one(now)) {
    }
  }
  void add(int event, std::string_view key, Time now) {
    const Verdict verdict = table.admit(key, now, [&](Kept& kept) { kept.event = event; });
    if (verdict == Verdict::first) out.push_back({event, 0, now});
    if (verdict == Verdict::replaced) ++duplicates;
  }
};

TEST(DeduplicatorModel, DoesWhatTheSlowOneDoes) {
  auto random = test::random_stream();
  for (std::uint64_t round = 0; round < test::repeats(300); ++round) {
    const auto length = std::chrono::nanoseconds(1 + random() % 1'000);
    const std::size_t max_keys = 1 + random() % 20;
    const std::size_t kinds = 1 + random() % 30;
    Subject run{Table(length, max_keys, 1'000'000)};
    SlowTable slow{length, max_keys};
    Time now{};
    for (int event = 0; event < 2'000; ++event) {
      now += std::chrono::nanoseconds(random() % (random() % 50 == 0 ? 3'000 : 20));
      run.settle(now);
      slow.settle(now);
      if (random() % 200 == 0) {
        run.table.end_all();
        run.settle(now);
        slow.end_all(now);
      }
      const std::string key = test::numbered("k", random() % kinds);
      run.add(event, key, now);
      slow.add(event, key, now);
      ASSERT_EQ(run.table.size(), slow.windows.size()) << "event " << event;
      ASSERT_EQ(run.table.kept(), slow.kept());
      ASSERT_LE(run.table.size(), max_keys + 1);
    }
    run.table.end_all();
    run.settle(now);
    slow.settle(now);
    slow.end_all(now);
    ASSERT_EQ(run.out, slow.out);
    ASSERT_EQ(run.duplicates, slow.duplicates);
    // Each event went out, or another stands for it.
    std::uint64_t stood_for = 0;
    for (const Out& out : run.out) stood_for += std::max<std::uint64_t>(1, out.repeated);
    ASSERT_EQ(stood_for, 2'000u);
  }
}

TEST(DeduplicatorModel, TheLastOfAWindowStandsForAllOfIt) {
  Subject run{Table(10ns, 100, 1'000)};
  for (int event = 0; event < 5; ++event) run.add(event, "x", Time(1ns));
  run.settle(Time(10ns));
  EXPECT_EQ(run.out.size(), 1u);
  run.settle(Time(11ns));
  EXPECT_EQ(run.out, (std::vector<Out>{{0, 0, Time(1ns)}, {4, 4, Time(11ns)}}));
  EXPECT_EQ(run.duplicates, 3);
}

TEST(DeduplicatorModel, WhatGoesOnRepeatingGoesOutOnceAWindow) {
  Subject run{Table(10ns, 100, 1'000)};
  for (int event = 0; event < 100; ++event) {
    run.settle(Time(std::chrono::nanoseconds(event)));
    run.add(event, "x", Time(std::chrono::nanoseconds(event)));
  }
  ASSERT_EQ(run.out.size(), 10u);
  EXPECT_EQ(run.out[1], (Out{9, 9, Time(10ns)}));
  EXPECT_EQ(run.out[2], (Out{19, 10, Time(20ns)}));
}

TEST(DeduplicatorModel, AWindowWithoutRepeatsJustEnds) {
  Subject run{Table(10ns, 100, 1'000)};
  run.add(0, "x", Time(0ns));
  EXPECT_FALSE(run.table.next_release().has_value());
  run.settle(Time(10ns));
  EXPECT_EQ(run.table.size(), 0u);
  EXPECT_EQ(run.table.bytes(), 0u);
  run.add(1, "x", Time(10ns));
  EXPECT_EQ(run.out.size(), 2u);
}

TEST(DeduplicatorModel, TellsWhenTheNextOneGoesOut) {
  Subject run{Table(10ns, 100, 1'000)};
  run.add(0, "x", Time(0ns));
  run.add(1, "y", Time(3ns));
  run.add(2, "y", Time(4ns));
  EXPECT_EQ(run.table.next_release(), Time(13ns));
  run.add(3, "x", Time(5ns));
  EXPECT_EQ(run.table.next_release(), Time(10ns));
}

// The bound on bytes holds for keys and for what is kept; the oldest windows make room.
TEST(DeduplicatorModel, IsBoundInBytes) {
  auto random = test::random_stream();
  Subject run{Table(1h, 1'000'000, 500)};
  for (int event = 0; event < 10'000; ++event) {
    run.add(event, test::numbered("key", random() % 200), Time(std::chrono::nanoseconds(event)));
    run.settle(Time(std::chrono::nanoseconds(event)));
    ASSERT_LE(run.table.bytes(), 500u);
  }
  run.table.end_all();
  run.settle(Time(10'000ns));
  run.table.end_all();
  run.settle(Time(10'000ns));
  EXPECT_EQ(run.table.bytes(), 0u);
  std::uint64_t stood_for = 0;
  for (const Out& out : run.out) stood_for += std::max<std::uint64_t>(1, out.repeated);
  EXPECT_EQ(stood_for, 10'000u);
}

TEST(DeduplicatorModel, WhenKeepingFailsAllIsAsItWas) {
  Subject run{Table(10ns, 100, 1'000)};
  run.add(0, "x", Time(0ns));
  run.add(1, "x", Time(1ns));
  EXPECT_THROW(run.table.admit("x", Time(2ns), [](Kept&) { throw std::bad_alloc(); }),
               std::bad_alloc);
  run.settle(Time(10ns));
  EXPECT_EQ(run.out.back(), (Out{1, 1, Time(10ns)}));
  EXPECT_EQ(run.duplicates, 0);
}

// A release can be put off in the middle, when the batch is full: what is left stays due.
TEST(DeduplicatorModel, AnEndOfAllCanBeInterrupted) {
  Subject run{Table(1h, 100, 1'000)};
  for (int event = 0; event < 20; ++event)
    run.add(event, test::numbered("k", event % 10), Time(0ns));
  run.table.end_all();
  for (int i = 0; i < 4; ++i) ASSERT_TRUE(run.settle_one(Time(1ns)));
  run.table.end_all();
  run.settle(Time(2ns));
  EXPECT_EQ(run.out.size(), 20u);
  EXPECT_EQ(run.table.kept(), 0u);
  EXPECT_EQ(run.table.size(), 10u) << "a new window each";
}

}  // namespace
}  // namespace penstock::pipeline
