// SPDX-License-Identifier: Apache-2.0
// context.hpp: what an event carries beside its arguments, written and read. The layout of the
// items is in penstock/detail/record.hpp.
//
// Threads  one at a time
// Errors   parse_context() takes any bytes: it never reads past them, and refuses what is no list
//          of items.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "penstock/field.hpp"
#include "penstock/sink.hpp"

namespace penstock::event {

// The items of one event. Views into the bytes that were parsed.
struct ContextView {
  bool has_destinations = false;
  std::uint64_t destinations = 0;          // a bit per sink
  std::uint32_t unknown_destinations = 0;  // names that no sink has
  std::string_view event{};
  std::vector<std::string_view> tags{};
  std::vector<FieldView> fields{};
  std::optional<TraceContext> trace{};
  std::string_view logger{};  // empty: the record's logger id holds
  std::optional<std::int64_t> time_ns{};
  std::uint64_t truncated_bytes = 0;
  bool as_is = false;        // it goes to its destinations: levels, triggers, limits do not count
  bool dead_letter = false;  // a sink refused it, which its fields tell; it is as_is too

  // Forgets the items and keeps the memory.
  void clear() noexcept;
};

// Refills `view`. Of items that an event has once, the last one holds; tags and fields are kept
// all, in order. False when the bytes are no list of items; `view` then has those before the flaw.
// No allocation once `view` has had an event with as many tags and fields.
bool parse_context(std::span<const std::byte> items, ContextView& view);

// Appends items to a string.
class ContextWriter {
 public:
  explicit ContextWriter(std::string& items) noexcept : items_(items) {}

  void add_destinations(std::uint64_t mask, std::uint32_t unknown);
  void add_tag(std::string_view tag);
  void add_event(std::string_view name);
  void add_trace(const TraceContext& trace);
  void add_field(const FieldView& field);
  void add_logger(std::string_view name);
  void add_time(std::int64_t time_ns);
  void add_truncated(std::uint64_t bytes);
  void add_dead_letter();
  void add_as_is();

 private:
  void put_text(std::string_view text);
  void put(const void* data, std::size_t size);

  std::string& items_;
};

}  // namespace penstock::event
