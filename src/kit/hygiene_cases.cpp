// SPDX-License-Identifier: Apache-2.0
// hygiene_cases.cpp: what a plugin leaves behind in the process of another, and what it changes
// there. Each looks before the plugin is loaded, and again when its sinks have been destroyed.
#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <set>
#include <string>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

#include <fmt/format.h>

#include "kit/bench.hpp"
#include "kit/case.hpp"
#include "kit/process_state.hpp"
#include "kit/processor_driver.hpp"
#include "kit/sample_events.hpp"
#include "kit/sink_driver.hpp"
#include "plugin/words.hpp"

namespace penstock::kit {
namespace {

using plugin::in_quotes;

constexpr int rounds = 5;
constexpr int memory_rounds_max = 100;
constexpr std::size_t memory_per_round = 64;  // bytes; more is a leak

void one_life(Bench& bench) {
  if (bench.is_processor()) {
    ProcessorDriver processor(bench);
    BatchMemory memory(sample_events_max);
    add_ordinary(memory);
    processor.process(memory);
    processor.destroy();
    return;
  }
  SinkDriver sink(bench);
  sink.open();
  sink.write("one event");
  sink.flush();
  sink.control(PENSTOCK_CONTROL_REOPEN);
  sink.finish();
}

template <class T>
void expect_same(const T& before, const T& after, const char* what, const char* fix) {
  if (before == after) return;
  throw Failure{fmt::format("it changes {}: from {} to {}", what, before, after), fix};
}

void descriptors(Bench& bench) {
  one_life(bench);  // what is opened once for all instances may stay
  const auto before = open_descriptors();
  for (int i = 0; i < rounds; ++i) one_life(bench);
  const auto after = open_descriptors();
  if (after.size() <= before.size()) return;
  const std::set<std::string> known(before.begin(), before.end());
  std::string left;
  for (const std::string& each : after) {
    if (known.count(each) == 0) left = each;
  }
  throw Failure{fmt::format("{} instances have left {} descriptors open, among them {}", rounds,
                            after.size() - before.size(), in_quotes(left)),
                "close in close() what open() has opened, and in destroy() what create() has"};
}

void threads(Bench& bench) {
  bench.plugin();
  // With the first of a process a sanitizer may start one of its own.
  std::thread([] {}).join();
  const std::size_t before = threads_down_to(SIZE_MAX);
  for (int i = 0; i < rounds; ++i) one_life(bench);
  // One that it keeps for all of its instances would still run when the process ends.
  const std::size_t after = threads_down_to(before);
  if (after <= before) return;
  throw Failure{
      fmt::format("{} threads are left when all instances have been destroyed", after - before),
      "stop and join in close() the threads that open() has started"};
}

// As many lives as fit into `time`, but for one that is long.
int rounds_in(Bench& bench, std::chrono::milliseconds time) {
  const auto begin = std::chrono::steady_clock::now();
  one_life(bench);
  const auto taken = std::chrono::steady_clock::now() - begin;
  return static_cast<int>(std::clamp<std::int64_t>(time / taken, rounds, memory_rounds_max));
}

void memory(Bench& bench) {
  if (is_sanitized()) throw Skip{"a sanitizer allocates here, which is not asked"};
  const int count = rounds_in(bench, bench.call_time() / 6);
  const auto grown = [&] {
    const std::size_t before = allocated_bytes();
    for (int i = 0; i < count; ++i) one_life(bench);
    const std::size_t after = allocated_bytes();
    return after > before ? after - before : 0;
  };
  grown();  // what is made once
  const std::size_t first = grown();
  const std::size_t second = grown();
  const std::size_t allowed = memory_per_round * static_cast<std::size_t>(count);
  bench.note(fmt::format("{} instances: {} and {} bytes more", count, first, second));
  if (first <= allowed || second <= allowed) return;
  throw Failure{fmt::format("{} instances have left {} bytes in use, and {} more {}", count, first,
                            count, second),
                "free in destroy() what create() has made; -fsanitize=leak shows where it is"};
}

void signals(Bench& bench) {
  const Signals before;
  one_life(bench);
  const auto changed = before.changed();
  if (changed.empty()) return;
  throw Failure{fmt::format("it changes what happens at the signals {}", fmt::join(changed, ", ")),
                "leave signals to the program: block them in threads of your own alone"};
}

void locale(Bench& bench) {
  const std::string before = locale_now();
  one_life(bench);
  expect_same(in_quotes(before), in_quotes(locale_now()), "the locale",
              "use functions that take a locale, such as newlocale() and strtod_l()");
}

void umask_kept(Bench& bench) {
  const unsigned before = umask_now();
  one_life(bench);
  expect_same(fmt::format("{:04o}", before), fmt::format("{:04o}", umask_now()), "the umask",
              "set the mode of a file with fchmod()");
}

void directory(Bench& bench) {
  const std::string before = directory_now();
  one_life(bench);
  expect_same(in_quotes(before), in_quotes(directory_now()), "the working directory",
              "use absolute paths, or openat()");
}

void environment(Bench& bench) {
  const std::string before = environment_now();
  one_life(bench);
  if (environment_now() == before) return;
  throw Failure{"it changes the environment",
                "other threads may read it at the same time: pass options by other ways"};
}

void arithmetic(Bench& bench) {
  const std::string before = arithmetic_now();
  one_life(bench);
  expect_same(before, arithmetic_now(), "arithmetic with floating point",
              "do not link with -ffast-math or -Ofast");
}

void processes(Bench& bench) {
  one_life(bench);
  bench.at("looking for child processes");
  if (::waitpid(-1, nullptr, WNOHANG | __WALL) == -1 && errno == ECHILD) return;
  throw Failure{"a child process is left when its sinks have been destroyed",
                "end in close() the processes that open() has started, and wait for them"};
}

// What write() prints is its own affair.
void quiet(Bench& bench) {
  const auto printed = [] {
    std::fflush(nullptr);
    return written_bytes(STDOUT_FILENO) + written_bytes(STDERR_FILENO);
  };
  const std::size_t before = printed();
  if (bench.is_processor()) {
    one_life(bench);  // it has nothing to print
  } else {
    SinkDriver sink(bench);
    sink.open();
    sink.finish();
  }
  if (printed() == before) return;
  throw Failure{"it writes to standard output or error before there is an event",
                "say it with report() of the host, or as an error"};
}

constexpr std::array<Case, 11> table = {{
    {"hygiene.descriptors", "no descriptor is left open", Case::Of::component, false, &descriptors},
    {"hygiene.threads", "no thread is left", Case::Of::component, false, &threads},
    {"hygiene.memory", "memory does not grow with each instance", Case::Of::component, false,
     &memory},
    {"hygiene.processes", "no child process is left", Case::Of::component, false, &processes},
    {"hygiene.signals", "signals are handled and blocked as before", Case::Of::component, false,
     &signals},
    {"hygiene.locale", "the locale is as before", Case::Of::component, false, &locale},
    {"hygiene.umask", "the umask is as before", Case::Of::component, false, &umask_kept},
    {"hygiene.directory", "the working directory is as before", Case::Of::component, false,
     &directory},
    {"hygiene.environment", "the environment is as before", Case::Of::component, false,
     &environment},
    {"hygiene.arithmetic", "floating point is computed as before", Case::Of::component, false,
     &arithmetic},
    {"hygiene.quiet", "nothing is printed but events", Case::Of::component, false, &quiet},
}};

}  // namespace

std::span<const Case> hygiene_cases() { return table; }

}  // namespace penstock::kit
