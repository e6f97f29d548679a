// SPDX-License-Identifier: Apache-2.0
// event_parts.hpp: an event, taken apart, on its way to an encoder or to an EventView. Views only.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "penstock/field.hpp"
#include "penstock/level.hpp"
#include "penstock/sink.hpp"

namespace penstock::event {

struct Plan;

struct EventParts {
  std::int64_t time_ns = 0;  // since 1970-01-01 UTC
  Level level = Level::info;
  bool formatted = false;    // detail::flag_formatted: the first argument is the message
  bool has_message = false;  // `message` is the message, and `args` are not looked at
  std::string_view logger{};
  std::uint32_t logger_id = 0;  // the same for the same name; 0: not known
  std::uint64_t thread_id = 0;
  std::string_view thread_name{};
  const Plan* plan = nullptr;       // null: no call site, and then has_message
  const std::byte* args = nullptr;  // the arguments of the record
  std::string_view message{};
  std::string_view event{};
  std::span<const std::string_view> tags{};
  std::span<const FieldView> context_fields{};
  const TraceContext* trace = nullptr;
  std::uint64_t truncated_bytes = 0;
  std::uint64_t producer = 0;
};

}  // namespace penstock::event
