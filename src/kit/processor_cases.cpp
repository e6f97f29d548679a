// SPDX-License-Identifier: Apache-2.0
// processor_cases.cpp: what a processor makes of an event is its own affair, as long as it is one.
#include <array>
#include <exception>
#include <thread>

#include "kit/bench.hpp"
#include "kit/case.hpp"
#include "kit/processor_driver.hpp"
#include "kit/sample_events.hpp"

namespace penstock::kit {
namespace {

constexpr std::size_t newer_tail = 64;

void process_all(ProcessorDriver& processor, BatchMemory& memory) {
  processor.process(memory);
  processor.destroy();
}

void creates(Bench& bench) {
  ProcessorDriver processor(bench);
  processor.destroy();
}

template <void (*add)(BatchMemory&)>
void process_samples(Bench& bench) {
  BatchMemory memory(sample_events_max);
  add(memory);
  ProcessorDriver processor(bench);
  process_all(processor, memory);
}

void read_only(Bench& bench) {
  BatchMemory memory(sample_events_max);
  add_ordinary(memory);
  memory.make_read_only();
  ProcessorDriver processor(bench);
  process_all(processor, memory);
}

// What it gave for the event before is not needed any more, and what that referred to is gone.
void keeps_nothing(Bench& bench) {
  BatchMemory first(sample_events_max);
  BatchMemory second(sample_events_max);
  add_ordinary(first);
  add_ordinary(second);
  ProcessorDriver processor(bench);
  processor.process(first);
  first.forbid();
  process_all(processor, second);
}

void two(Bench& bench) {
  BatchMemory memory(sample_events_max);
  add_ordinary(memory);
  ProcessorDriver first(bench);
  ProcessorDriver second(bench);
  first.process(memory);
  second.process(memory);
  first.destroy();
  process_all(second, memory);
}

void by_another_thread(Bench& bench) {
  BatchMemory memory(sample_events_max);
  add_ordinary(memory);
  ProcessorDriver processor(bench);
  std::exception_ptr thrown;
  std::thread worker([&] {
    try {
      processor.process(memory);
    } catch (...) {
      thrown = std::current_exception();
    }
  });
  worker.join();
  if (thrown) std::rethrow_exception(thrown);
  processor.destroy();
}

void larger(Bench& bench) {
  BatchMemory memory(sample_events_max, newer_tail);
  add_ordinary(memory);
  ProcessorDriver processor(bench, Layout{.tail = newer_tail, .filling = poison});
  process_all(processor, memory);
}

void exact(Bench& bench) {
  BatchMemory memory(sample_events_max);
  add_ordinary(memory);
  ProcessorDriver processor(bench, Layout{.at_end = true});
  process_all(processor, memory);
}

constexpr Case::Of of = Case::Of::processor;

constexpr std::array<Case, 2> first = {{
    {"process.create", "create() makes a processor of the options", of, true, &creates},
    {"process.one", "an ordinary event is answered, and what is given for it is one", of, true,
     &process_samples<&add_ordinary>},
}};

constexpr std::array<Case, 13> table = {{
    {"process.values", "values of all types are taken", of, false, &process_samples<&add_values>},
    {"process.unknown-value", "a value of a type that it does not know is not looked at", of, false,
     &process_samples<&add_unknown_value>},
    {"process.hostile", "texts may hold any bytes", of, false, &process_samples<&add_hostile>},
    {"process.bare", "what an event need not have may be absent", of, false,
     &process_samples<&add_bare>},
    {"process.levels", "all levels, and traces, are taken", of, false,
     &process_samples<&add_levels>},
    {"process.large", "an event may have 1 MiB", of, false, &process_samples<&add_large>},
    {"process.wide", "an event may have 10000 fields and tags", of, false,
     &process_samples<&add_wide>},
    {"process.read-only", "the event that it is given is not written to", of, false, &read_only},
    {"process.keeps-nothing", "an event that was processed is not looked at any more", of, false,
     &keeps_nothing},
    {"process.two", "there can be two instances at once", of, false, &two},
    {"process.other-thread", "another thread than the one that made it may use it", of, false,
     &by_another_thread},
    {"process.event-larger", "it works when an event of the host is larger", of, false, &larger},
    {"process.event-exact", "it touches nothing behind the event that it may change", of, false,
     &exact},
}};

}  // namespace

std::span<const Case> first_processor_cases() { return first; }
std::span<const Case> processor_cases() { return table; }

}  // namespace penstock::kit
