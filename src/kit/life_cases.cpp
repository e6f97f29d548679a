// SPDX-License-Identifier: Apache-2.0
// life_cases.cpp: create, open, flush, control, close, destroy, in all the orders that a host has.
#include <array>
#include <chrono>
#include <string>
#include <thread>

#include <fmt/format.h>

#include "kit/bench.hpp"
#include "kit/case.hpp"
#include "kit/sink_driver.hpp"
#include "plugin/catalog.hpp"
#include "plugin/instance_config.hpp"
#include "plugin/words.hpp"

namespace penstock::kit {
namespace {

using plugin::in_quotes;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr milliseconds over_its_deadline{1'000};

void creates(Bench& bench) { const SinkDriver sink(bench); }

void opens(Bench& bench) {
  SinkDriver sink(bench);
  std::string why;
  if (!sink.try_open(why)) {
    sink.destroy();
    expect(!why.empty(), "open() failed and gave no reason",
           "fill in `error`: it is what the user gets to see");
    throw Skip{"it cannot be opened here: " + why + "; --options may help"};
  }
  sink.finish();
}

void makes_nothing_else(Bench& bench) {
  const std::string name = bench.component().name;
  const plugin::InstanceConfig config(bench.full_options());
  for (const std::string& wrong : {std::string("no-such-component"), name + "x",
                                   name.substr(0, name.size() - 1), std::string()}) {
    if (plugin::find_component(bench.manifest(), bench.component().point, wrong) != nullptr)
      continue;
    std::string why;
    if (try_create(bench, wrong, config.c(), why) != nullptr) {
      throw Failure{
          fmt::format("create({}) makes something; it has no such component", in_quotes(wrong)),
          "compare the whole name, and answer null to all others"};
    }
    if (!why.empty()) continue;
    throw Failure{fmt::format("create({}) answers null and gives no reason", in_quotes(wrong)),
                  "fill in `error`: it is what the user gets to see"};
  }
}

void never_opened(Bench& bench) {
  for (int i = 0; i < 3; ++i) {
    SinkDriver sink(bench);
    bench.at("destroy() of one that was never opened");
    sink.destroy();
  }
}

void nothing_written(Bench& bench) {
  SinkDriver sink(bench);
  sink.open();
  sink.flush();
  sink.finish();
}

void again(Bench& bench) {
  for (int i = 0; i < 3; ++i) {
    SinkDriver sink(bench);
    sink.open();
    sink.write("one instance after the other");
    sink.finish();
  }
}

void reopened(Bench& bench) {
  SinkDriver sink(bench);
  sink.open();
  for (int i = 0; i < 3; ++i) {
    sink.write("before it is closed");
    sink.close();
    std::string why;
    if (sink.try_open(why)) continue;
    throw Failure{"it cannot be opened a second time: " + why,
                  "undo in close() what open() does: a host opens a sink again that failed"};
  }
  sink.write("after it was opened again");
  sink.finish();
}

// The second lives while the first ends.
void two(Bench& bench) {
  SinkDriver first(bench);
  first.open();
  SinkDriver second(bench);
  std::string why;
  if (!second.try_open(why)) {
    throw Failure{"a second instance cannot be opened beside the first: " + why,
                  "keep what belongs to one sink in its instance, not in globals"};
  }
  for (int i = 0; i < 3; ++i) {
    first.write("to the first");
    second.write("to the second");
  }
  first.finish();
  second.write("when the first is gone");
  second.finish();
}

// It is made and destroyed by others than its worker.
void by_another_thread(Bench& bench) {
  SinkDriver sink(bench);
  std::exception_ptr thrown;
  std::thread worker([&] {
    try {
      sink.open();
      sink.write("from another thread");
      sink.close();
    } catch (...) {
      thrown = std::current_exception();
    }
  });
  worker.join();
  if (thrown) std::rethrow_exception(thrown);
  sink.destroy();
}

void extensions(Bench& bench) {
  const SinkDriver sink(bench);
  const penstock_instance& instance = sink.c().instance;
  if (instance.get_extension == nullptr) return;
  bench.at("get_extension('org.example.nothing/1')");
  expect(instance.get_extension(instance.self, "org.example.nothing/1") == nullptr,
         "get_extension() gives something for an id that nobody has",
         "compare the whole id, and answer null to all others");
}

void controls(Bench& bench) {
  constexpr std::uint32_t of_a_later_version = 77;
  SinkDriver sink(bench);
  sink.open();
  sink.write("before");
  for (const std::uint32_t request : {std::uint32_t{PENSTOCK_CONTROL_REOPEN},
                                      std::uint32_t{PENSTOCK_CONTROL_ROTATE}, of_a_later_version}) {
    sink.control(request);
    sink.write("after");
  }
  sink.finish();
}

milliseconds since(steady_clock::time_point begin) {
  return std::chrono::duration_cast<milliseconds>(steady_clock::now() - begin);
}

void in_time(const char* call, milliseconds taken) {
  if (taken <= over_its_deadline) return;
  throw Failure{fmt::format("{} came back {} ms after its deadline", call, taken.count()),
                "give up at the deadline, and say so; the host waits no longer"};
}

void flushes_in_time(Bench& bench) {
  SinkDriver sink(bench);
  sink.open();
  sink.write("to be flushed");
  const auto begin = steady_clock::now();
  sink.flush_within(milliseconds{0});
  in_time("flush()", since(begin));
  sink.finish();
}

void closes_in_time(Bench& bench) {
  SinkDriver sink(bench);
  sink.open();
  sink.write("before it is closed");
  const auto begin = steady_clock::now();
  sink.close_within(milliseconds{0});
  in_time("close()", since(begin));
  sink.destroy();
}

void deinitialises(Bench& bench) {
  SinkDriver sink(bench);
  sink.open();
  sink.write("the last one");
  sink.finish();
  bench.at("deinit()");
  if (bench.plugin().deinit != nullptr) bench.plugin().deinit();
}

constexpr std::array<Case, 2> first = {{
    {"life.create", "create() makes a sink of the options", Case::Of::sink, true, &creates},
    {"life.open", "open() works, or says why it cannot", Case::Of::sink, true, &opens},
}};

constexpr std::array<Case, 11> table = {{
    {"life.unknown-name", "create() answers null, and why, to names that it does not have",
     Case::Of::component, false, &makes_nothing_else},
    {"life.never-opened", "an instance may be destroyed that was never opened", Case::Of::sink,
     false, &never_opened},
    {"life.nothing-written", "it may be flushed and closed when nothing was written",
     Case::Of::sink, false, &nothing_written},
    {"life.again", "there can be one instance after the other", Case::Of::sink, false, &again},
    {"life.reopen", "it can be closed and opened again", Case::Of::sink, false, &reopened},
    {"life.two", "there can be two instances at once", Case::Of::sink, false, &two},
    {"life.other-thread", "another thread than the one that made it may use it", Case::Of::sink,
     false, &by_another_thread},
    {"life.extension", "get_extension() answers null to ids that it does not know", Case::Of::sink,
     false, &extensions},
    {"life.control", "it reopens and rotates, and ignores what it does not know", Case::Of::sink,
     false, &controls},
    {"life.flush-deadline", "flush() comes back at its deadline", Case::Of::sink, false,
     &flushes_in_time},
    {"life.close-deadline", "close() comes back at its deadline", Case::Of::sink, false,
     &closes_in_time},
}};

constexpr std::array<Case, 1> last = {{
    {"life.deinit", "deinit() works when all instances are gone", Case::Of::sink, false,
     &deinitialises},
}};

}  // namespace

std::span<const Case> first_life_cases() { return first; }
std::span<const Case> life_cases() { return table; }
std::span<const Case> last_cases() { return last; }

}  // namespace penstock::kit
