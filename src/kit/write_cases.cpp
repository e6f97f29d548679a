// SPDX-License-Identifier: Apache-2.0
// write_cases.cpp: batches of all sizes, and events with all that can be in them. Any answer will
// do that is well formed: what a destination makes of them is its own affair.
#include <array>
#include <cstdint>

#include <fmt/format.h>

#include "kit/batch_memory.hpp"
#include "kit/bench.hpp"
#include "kit/case.hpp"
#include "kit/sample_events.hpp"
#include "kit/sink_driver.hpp"

namespace penstock::kit {
namespace {

constexpr std::size_t many_events = 512;
constexpr std::size_t most_events = 20'000;

// Opens it, offers the one batch, and ends it in an orderly way.
void write_batch(Bench& bench, BatchMemory& memory) {
  SinkDriver sink(bench);
  sink.open();
  sink.write(memory);
  sink.flush();
  sink.finish();
}

void write_events(Bench& bench, std::size_t count) {
  BatchMemory memory(count);
  for (std::size_t i = 0; i < count; ++i) memory.add(fmt::format("event number {}", i));
  write_batch(bench, memory);
}

void one(Bench& bench) { write_events(bench, 1); }
void empty(Bench& bench) { write_events(bench, 0); }
void many(Bench& bench) { write_events(bench, many_events); }
void most(Bench& bench) { write_events(bench, most_events); }

template <void (*add)(BatchMemory&)>
void write_samples(Bench& bench) {
  BatchMemory memory(sample_events_max);
  add(memory);
  write_batch(bench, memory);
}

void read_only(Bench& bench) {
  BatchMemory memory(sample_events_max);
  add_ordinary(memory);
  memory.make_read_only();
  write_batch(bench, memory);
}

void delivers(Bench& bench) {
  BatchMemory memory(3);
  for (const char* const message : {"first", "second", "third"}) memory.add(message);
  SinkDriver sink(bench);
  sink.open();
  sink.deliver(memory);
  expect(sink.flush(), "flush() failed, and all was delivered", "correct flush()");
  sink.finish();
}

// The same batch comes back, once as a whole and once as the rest of it.
void offered_again(Bench& bench) {
  BatchMemory whole(4);
  BatchMemory rest(2);
  for (const char* const message : {"a", "b", "c", "d"}) whole.add(message);
  for (const char* const message : {"c", "d"}) rest.add(message);
  SinkDriver sink(bench);
  sink.open();
  constexpr std::uint64_t id = 1'000;
  sink.write(whole, {.id = id, .attempt = 1, .offset = 0});
  sink.write(whole, {.id = id, .attempt = 2, .offset = 0});
  sink.write(rest, {.id = id, .attempt = 3, .offset = 2});
  sink.write("the next one");
  sink.finish();
}

// When a batch is settled its memory is taken away.
void keeps_nothing(Bench& bench) {
  BatchMemory memory(many_events);
  for (std::size_t i = 0; i < many_events; ++i) memory.add(fmt::format("event number {}", i));
  SinkDriver sink(bench);
  sink.open();
  if (sink.write(memory).status == PENSTOCK_WRITE_RETRY) throw Skip{"never delivered: retry"};
  memory.forbid();
  sink.write("after the memory of the batch before is gone");
  bench.at("flush(), with the memory of settled batches gone");
  sink.flush();
  sink.finish();
}

constexpr std::array<Case, 1> first = {{
    {"write.one", "write() of one event is answered, or settled in time", Case::Of::sink, true,
     &one},
}};

constexpr std::array<Case, 14> table = {{
    {"write.delivers", "ordinary events are delivered", Case::Of::sink, false, &delivers},
    {"write.empty", "a batch may be empty", Case::Of::sink, false, &empty},
    {"write.many", "a batch may have 512 events", Case::Of::sink, false, &many},
    {"write.most", "a batch may have 20000 events", Case::Of::sink, false, &most},
    {"write.values", "values of all types are taken", Case::Of::sink, false,
     &write_samples<&add_values>},
    {"write.unknown-value", "a value of a type that it does not know is not looked at",
     Case::Of::sink, false, &write_samples<&add_unknown_value>},
    {"write.hostile", "texts may hold any bytes", Case::Of::sink, false,
     &write_samples<&add_hostile>},
    {"write.bare", "what an event need not have may be absent", Case::Of::sink, false,
     &write_samples<&add_bare>},
    {"write.levels", "all levels, and traces, are taken", Case::Of::sink, false,
     &write_samples<&add_levels>},
    {"write.large", "an event may have 1 MiB", Case::Of::sink, false, &write_samples<&add_large>},
    {"write.wide", "an event may have 10000 fields and tags", Case::Of::sink, false,
     &write_samples<&add_wide>},
    {"write.read-only", "the events of a batch are not written to", Case::Of::sink, false,
     &read_only},
    {"write.again", "a batch may be offered again, and the rest of it", Case::Of::sink, false,
     &offered_again},
    {"write.keeps-nothing", "a batch that is settled is not looked at any more", Case::Of::sink,
     false, &keeps_nothing},
}};

}  // namespace

std::span<const Case> first_write_cases() { return first; }
std::span<const Case> write_cases() { return table; }

}  // namespace penstock::kit
