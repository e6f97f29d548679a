// SPDX-License-Identifier: Apache-2.0
#include "kit/sample_events.hpp"

#include <array>
#include <cmath>
#include <cstdint>
#include <string>
#include <string_view>

#include <fmt/format.h>

namespace penstock::kit {
namespace {

using namespace std::string_view_literals;

constexpr std::size_t event_bytes_max = 1 << 20;
constexpr std::size_t many_fields = 10'000;

penstock_field field(BatchMemory& memory, std::string_view key, std::uint32_t type) {
  penstock_field made{};
  made.key = memory.text(key);
  made.value.type = type;
  return made;
}

}  // namespace

void add_ordinary(BatchMemory& memory) {
  penstock_event& event = memory.add("order 7 filled at 101.25");
  const auto fields = memory.items<penstock_field>(2);
  fields[0] = field(memory, "order", PENSTOCK_U64);
  fields[0].value.as.u64 = 7;
  fields[1] = field(memory, "venue", PENSTOCK_TEXT);
  fields[1].value.as.text = memory.text("XETR");
  event.fields = fields.data();
  event.field_count = fields.size();
}

void add_values(BatchMemory& memory) {
  penstock_event& event = memory.add("all types of values");
  const auto fields = memory.items<penstock_field>(13);
  std::size_t i = 0;
  for (const std::int64_t value : {INT64_MIN, std::int64_t{0}, INT64_MAX}) {
    fields[i] = field(memory, fmt::format("i64.{}", i), PENSTOCK_I64);
    fields[i++].value.as.i64 = value;
  }
  fields[i] = field(memory, "u64", PENSTOCK_U64);
  fields[i++].value.as.u64 = UINT64_MAX;
  for (const double value : {-0.0, 1e308, HUGE_VAL, std::nan("")}) {
    fields[i] = field(memory, fmt::format("f64.{}", i), PENSTOCK_F64);
    fields[i++].value.as.f64 = value;
  }
  for (const std::uint32_t value : {0U, 1U}) {
    fields[i] = field(memory, fmt::format("boolean.{}", value), PENSTOCK_BOOLEAN);
    fields[i++].value.as.boolean = value;
  }
  fields[i] = field(memory, "text", PENSTOCK_TEXT);
  fields[i++].value.as.text = memory.text("text");
  fields[i] = field(memory, "text.null", PENSTOCK_TEXT);
  fields[i++].value.as.text = {nullptr, 0};
  fields[i++] = field(memory, "", PENSTOCK_I64);
  event.fields = fields.data();
  event.field_count = i;
}

void add_unknown_value(BatchMemory& memory) {
  penstock_event& event = memory.add("a value of a later version");
  const auto fields = memory.items<penstock_field>(1);
  fields[0] = field(memory, "later", 77);
  fields[0].value.as.text = {reinterpret_cast<const char*>(std::uintptr_t{1}), SIZE_MAX};
  event.fields = fields.data();
  event.field_count = 1;
}

void add_hostile(BatchMemory& memory) {
  constexpr std::array texts = {"a\0b"sv,
                                "\xFF\xFE\x80"sv,
                                "\xE2\x82"sv,
                                "\r\nnot ok 1\n"sv,
                                "\x1B[2J\x07\x7F"sv,
                                "%s%n%p"sv,
                                "\"'`$(id)\\u0000"sv,
                                "\xE2\x80\xAE\xEF\xBB\xBF"sv,
                                "\xED\xA0\x80"sv,
                                ""sv};
  for (const std::string_view text : texts) {
    penstock_event& event = memory.add(text);
    const penstock_text bytes = memory.text(text);
    event.logger = bytes;
    event.name = bytes;
    event.file = bytes;
    event.function = bytes;
    event.thread_name = bytes;
    const auto fields = memory.items<penstock_field>(1);
    fields[0] = field(memory, text, PENSTOCK_TEXT);
    fields[0].value.as.text = bytes;
    event.fields = fields.data();
    event.field_count = 1;
    const auto tags = memory.items<penstock_text>(1);
    tags[0] = bytes;
    event.tags = tags.data();
    event.tag_count = 1;
  }
}

void add_bare(BatchMemory& memory) {
  for (const std::int64_t time : {INT64_MIN, std::int64_t{-1}, std::int64_t{0}, INT64_MAX}) {
    penstock_event& event = memory.add("");
    event.time_ns = time;
    event.line = UINT32_MAX;
    event.thread_id = UINT64_MAX;
    event.message = event.logger = {nullptr, 0};
  }
}

void add_levels(BatchMemory& memory) {
  for (std::uint32_t level = PENSTOCK_LEVEL_TRACE; level <= PENSTOCK_LEVEL_CRITICAL; ++level) {
    penstock_event& event = memory.add("a level");
    event.level = level;
    const auto trace = memory.items<penstock_trace>(1);
    trace[0] = {};
    trace[0].trace_id[15] = trace[0].span_id[7] = 1;
    event.trace = trace.data();
  }
}

void add_large(BatchMemory& memory) {
  memory.add(std::string(event_bytes_max, 'x'));
  memory.add("a small one behind it");
}

void add_wide(BatchMemory& memory) {
  penstock_event& event = memory.add("many fields and tags");
  const auto fields = memory.items<penstock_field>(many_fields);
  for (std::size_t i = 0; i < fields.size(); ++i) {
    fields[i] = field(memory, fmt::format("field.{}", i), PENSTOCK_U64);
    fields[i].value.as.u64 = i;
  }
  const auto tags = memory.items<penstock_text>(many_fields);
  for (std::size_t i = 0; i < tags.size(); ++i) tags[i] = memory.text(fmt::format("tag.{}", i));
  event.fields = fields.data();
  event.field_count = fields.size();
  event.tags = tags.data();
  event.tag_count = tags.size();
}

}  // namespace penstock::kit
