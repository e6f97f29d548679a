// SPDX-License-Identifier: Apache-2.0
// text_record.hpp: writing an event whose message is one text: submitted ones, and those that were
// cut. The counterpart of Logger's hot path, for what is known at run time only.
#pragma once

#include <cstdint>
#include <string_view>

#include "penstock/call_site.hpp"
#include "penstock/level.hpp"
#include "pipeline/producer.hpp"

namespace penstock::pipeline {

struct TextRecord {
  const detail::CallSite* site;  // for the place; see submitted_site()
  Level level;
  std::uint64_t word;  // the logger's id, in place, and flags
  std::uint64_t ticks;
  std::string_view context;  // items
  std::string_view message;
};

// The site of events that come from no call in the source.
const detail::CallSite& submitted_site() noexcept;

// How many bytes the record takes.
std::size_t record_bytes(const TextRecord& record) noexcept;

// Writes it to `to`, where there is room for record_bytes().
void write_record(std::byte* to, const TextRecord& record) noexcept;

// Writes and publishes it. May wait for room. False: refused, and counted. [producer]
detail::Room publish(Producer& producer, const TextRecord& record) noexcept;

}  // namespace penstock::pipeline
