// SPDX-License-Identifier: Apache-2.0
// layout_cases.cpp: the structs of a newer host, and structs behind which there is nothing.
#include <array>

#include <fmt/format.h>

#include "kit/batch_memory.hpp"
#include "kit/bench.hpp"
#include "kit/case.hpp"
#include "kit/sink_driver.hpp"

namespace penstock::kit {
namespace {

constexpr std::size_t newer_tail = 64;

void fill(BatchMemory& memory) {
  for (int i = 0; i < 3; ++i) memory.add(fmt::format("event number {}", i));
}

// As it answers when all is as it knows it.
std::uint32_t usual_answer(Bench& bench) {
  BatchMemory memory(3);
  fill(memory);
  SinkDriver sink(bench);
  sink.open();
  const std::uint32_t status = sink.write(memory).status;
  sink.finish();
  return status;
}

void stride(Bench& bench) {
  BatchMemory memory(3, newer_tail);
  fill(memory);
  SinkDriver sink(bench);
  sink.open();
  sink.write(memory);
  sink.finish();
}

void larger(Bench& bench) {
  const std::uint32_t usual = usual_answer(bench);
  BatchMemory memory(3);
  fill(memory);
  SinkDriver sink(bench, Layout{.tail = newer_tail, .filling = poison});
  std::string why;
  if (!sink.try_open(why)) {
    throw Failure{"it cannot be opened by a host whose structs are larger: " + why,
                  "a struct may grow at its end: test `size` with >=, never with =="};
  }
  const Answer answer = sink.write(memory);
  sink.finish();
  if (answer.status == usual || usual != PENSTOCK_WRITE_OK) return;
  throw Failure{fmt::format("it delivers, but to a host whose structs are larger it answers {}: {}",
                            status_name(answer.status), answer.reason),
                "a struct may grow at its end: test `size` with >=, never with =="};
}

void exact(Bench& bench) {
  BatchMemory memory(3);
  fill(memory);
  SinkDriver sink(bench, Layout{.at_end = true});
  sink.open();
  sink.write(memory);
  sink.flush();
  sink.finish();
}

void oldest(Bench& bench) {
  const std::uint32_t needed = bench.manifest().abi.min_host_minor;
  if (needed > 0) throw Skip{fmt::format("it needs a host of interface 1.{}", needed)};
  BatchMemory memory(3);
  fill(memory);
  SinkDriver sink(bench, {.by_oldest_host = true});
  sink.open();
  sink.write(memory);
  sink.flush();
  sink.finish();
}

constexpr std::array<Case, 4> table = {{
    {"abi.event-stride", "it goes from event to event by event_stride", Case::Of::sink, false,
     &stride},
    {"abi.structs-larger", "it works when the structs of a host are larger", Case::Of::sink, false,
     &larger},
    {"abi.structs-exact", "it touches nothing behind the structs of a host", Case::Of::sink, false,
     &exact},
    {"abi.structs-oldest", "it works with the structs of a host of interface 1.0", Case::Of::sink,
     false, &oldest},
}};

}  // namespace

std::span<const Case> layout_cases() { return table; }

}  // namespace penstock::kit
