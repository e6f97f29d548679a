// SPDX-License-Identifier: Apache-2.0
// front.cpp: what the hot path calls when it cannot go on by itself.
#include <cstdlib>

#include "penstock/detail/producer.hpp"
#include "pipeline/core.hpp"
#include "pipeline/oversize.hpp"
#include "pipeline/producer.hpp"

namespace penstock::detail {
namespace {
pipeline::Producer& whole(ProducerFront& front) noexcept {
  return static_cast<pipeline::Producer&>(front);
}
}  // namespace

Room make_room(ProducerFront& producer, std::size_t bytes, Level level) noexcept {
  try {
    return whole(producer).make_room(bytes, level);
  } catch (...) {
    count_no_memory(producer);
    return Room::refused;
  }
}

void tell_workers(ProducerFront& producer) noexcept { whole(producer).tell_workers(); }

void use_reserve(ProducerFront& producer, std::size_t bytes) noexcept {
  whole(producer).use_reserve(bytes);
}

void submit_too_large(LoggerState&, ProducerFront& producer, const std::byte* record,
                      std::size_t) noexcept {
  try {
    // A formatter may log, and that may let go of pipelines that have been stopped.
    const auto keep = whole(producer).core().shared_from_this();
    pipeline::submit_cut(whole(producer), record);
  } catch (...) {
    count_no_memory(producer);
  }
}

std::byte* allocate_aside(std::size_t bytes) noexcept {
  return static_cast<std::byte*>(std::malloc(bytes));
}
void free_aside(std::byte* memory) noexcept { std::free(memory); }

void count_no_memory(ProducerFront& producer) noexcept {
  whole(producer).count_dropped(DropReason::no_memory);
}

std::string_view format_failure_text() noexcept { return "[format error: a formatter threw]"; }

}  // namespace penstock::detail
