// SPDX-License-Identifier: Apache-2.0
// load_cases.cpp: from the file to its factories, and what they answer to wrong questions.
#include <algorithm>
#include <array>
#include <chrono>
#include <cstring>
#include <ctime>
#include <latch>
#include <set>
#include <string>
#include <thread>

#include <fmt/format.h>

#include "kit/bench.hpp"
#include "kit/case.hpp"
#include "kit/process_state.hpp"
#include "plugin/catalog.hpp"
#include "plugin/handshake.hpp"
#include "plugin/words.hpp"

namespace penstock::kit {
namespace {

using plugin::in_quotes;

void shake_hands(penstock_plugin_entry entry, const Bench& bench) {
  const auto shaken = plugin::shake_hands(entry, bench.manifest(), "the plugin");
  if (!shaken) throw Failure{shaken.refusal().reason, shaken.refusal().fix};
}

void opens(Bench& bench) { bench.entry(); }

void handshake(Bench& bench) {
  const penstock_plugin_entry entry = bench.entry();
  bench.at("the entry function, init(), get_factory() and describe()");
  shake_hands(entry, bench);
}

void expect_within(std::chrono::nanoseconds taken, std::chrono::milliseconds limit,
                   const char* what) {
  if (taken <= limit) return;
  throw Failure{
      fmt::format("{} {} ms; {} ms are allowed", what,
                  std::chrono::ceil<std::chrono::milliseconds>(taken).count(), limit.count()),
      "do in open() what takes its time, not while it is loaded"};
}

std::chrono::nanoseconds used_by_process() {
  timespec used{};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
  return std::chrono::seconds(used.tv_sec) + std::chrono::nanoseconds(used.tv_nsec);
}

// By the processor's time, which does not grow when the machine has other things to do. A sanitizer
// makes it ten times as much.
void is_fast(Bench& bench) {
  const std::chrono::milliseconds of_processor{is_sanitized() ? 1'000 : 100};
  const std::chrono::nanoseconds before = used_by_process();
  const auto begin = std::chrono::steady_clock::now();
  handshake(bench);
  expect_within(used_by_process() - before, of_processor, "to be loaded took it processor time:");
  expect_within(std::chrono::steady_clock::now() - begin, std::chrono::seconds(1),
                "until it was loaded it took");
}

void under_another_name(Bench& bench) {
  const penstock_plugin_entry entry = bench.entry_of_copy("another-name.so");
  bench.at("the handshake of a copy with another file name");
  shake_hands(entry, bench);
}

void twice(Bench& bench) {
  handshake(bench);
  const penstock_plugin_entry copy = bench.entry_of_copy("second.penstock.so");
  bench.at("the handshake of a second copy in the same process");
  shake_hands(copy, bench);
  const penstock_host host = ordinary_host();
  expect(bench.entry()(&host) != copy(&host),
         "two copies of it in one process give the same penstock_plugin",
         "hide all symbols: -fvisibility=hidden, or a version script");
}

// They start together, so that a thread sanitizer has something to see.
void by_two_threads(Bench& bench) {
  const penstock_plugin_entry entry = bench.entry();
  const penstock_host host = ordinary_host();
  std::array<const penstock_plugin*, 2> given{};
  std::latch start(2);
  bench.at("the entry function, called by two threads at once");
  const auto call = [&](std::size_t number) {
    start.arrive_and_wait();
    given[number] = entry(&host);
  };
  std::thread other(call, 1);
  call(0);
  other.join();
  expect(given[0] != nullptr && given[0] == given[1],
         "its entry function gives two threads different answers",
         "answer with the address of one static penstock_plugin");
}

void has_no_other_point(Bench& bench) {
  const penstock_plugin& plugin = bench.plugin();
  if (plugin.get_factory == nullptr) throw Skip{"it has no get_factory()"};
  for (const char* const point : {"org.example.nothing/1", "penstock.sink/1x", "penstock.sink/2",
                                  "penstock.sink", "penstock.processor/1x", ""}) {
    bench.at(fmt::format("get_factory({})", in_quotes(point)));
    if (plugin.get_factory(point) == nullptr) continue;
    throw Failure{fmt::format("get_factory({}) gives a factory, for a point that it does not have",
                              in_quotes(point)),
                  "compare the whole of the point's id, and answer null to all others"};
  }
}

// Those that the manifest has and that this version knows, each once.
std::set<std::string> known_points(const Bench& bench) {
  std::set<std::string> points;
  for (const plugin::Component& each : bench.manifest().provides) {
    if (each.point == PENSTOCK_POINT_SINK || each.point == PENSTOCK_POINT_PROCESSOR) {
      points.insert(each.point);
    }
  }
  return points;
}

void describes_no_more(Bench& bench) {
  for (const std::string& point : known_points(bench)) {
    const penstock_factory& factory = bench.factory(point);
    for (const std::uint32_t index : {factory.count, factory.count + 1, UINT32_MAX}) {
      bench.at(fmt::format("describe({})", index));
      if (factory.describe(index) == nullptr) continue;
      throw Failure{fmt::format("describe({}) is not null, of {} components", index, factory.count),
                    "answer null from `count` on"};
    }
  }
}

void compare(const Bench& bench, const std::string& point, const penstock_component* given) {
  expect(given != nullptr && given->name != nullptr, "describe() gives a component without name",
         "describe each component below `count`");
  if (given->size < sizeof(penstock_component)) {
    throw Failure{fmt::format("the component {} says that it has {} bytes; it has {}",
                              in_quotes(given->name), given->size, sizeof(penstock_component)),
                  "set its size to sizeof(penstock_component)"};
  }
  const plugin::Component* const declared =
      plugin::find_component(bench.manifest(), point, given->name);
  const std::uint32_t threads = std::max(given->max_concurrency, 1u);
  if (declared == nullptr || declared->concurrency == threads) return;
  throw Failure{fmt::format("max_concurrency of {} is {}, its manifest says {}",
                            in_quotes(given->name), threads, declared->concurrency),
                "correct `concurrency` of the manifest, or max_concurrency"};
}

// The names have been compared in the handshake.
void describes_as_manifest(Bench& bench) {
  for (const std::string& point : known_points(bench)) {
    const penstock_factory& factory = bench.factory(point);
    for (std::uint32_t i = 0; i < factory.count; ++i) {
      bench.at(fmt::format("describe({})", i));
      compare(bench, point, factory.describe(i));
    }
  }
}

constexpr std::array<Case, 9> table = {{
    {"load.opens", "the dynamic loader takes it, with all symbols", Case::Of::plugin, true, &opens},
    {"load.handshake", "entry, init, factories and descriptions are what the manifest says",
     Case::Of::plugin, true, &handshake},
    {"load.fast", "it is ready within 100 ms of the processor, and 1 s", Case::Of::plugin, false,
     &is_fast},
    {"load.another-name", "it works under another file name", Case::Of::plugin, false,
     &under_another_name},
    {"load.twice", "two copies of it work in one process", Case::Of::plugin, false, &twice},
    {"load.threads", "the entry function may be called by two threads", Case::Of::plugin, false,
     &by_two_threads},
    {"load.unknown-point", "get_factory() answers null to points that it does not have",
     Case::Of::plugin, false, &has_no_other_point},
    {"load.describe", "describe() says what the manifest says", Case::Of::plugin, false,
     &describes_as_manifest},
    {"load.describe-beyond", "describe() answers null beyond the last component", Case::Of::plugin,
     false, &describes_no_more},
}};

}  // namespace

std::span<const Case> load_cases() { return table; }

}  // namespace penstock::kit
