// SPDX-License-Identifier: Apache-2.0
#include "pipeline/oversize.hpp"

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "base/buffer.hpp"
#include "event/context.hpp"
#include "event/message.hpp"
#include "event/plan.hpp"
#include "event/record.hpp"
#include "pipeline/core.hpp"
#include "pipeline/text_record.hpp"

namespace penstock::pipeline {
namespace {

// Not in the middle of a character of UTF-8.
std::string_view cut(std::string_view text, std::size_t bytes) {
  if (text.size() <= bytes) return text;
  while (bytes > 0 && (static_cast<unsigned char>(text[bytes]) & 0xC0) == 0x80) --bytes;
  return text.substr(0, bytes);
}

struct Whole {
  event::ContextView context{};
  base::Buffer message{};
  std::vector<FieldView> fields{};
};

Whole decode(const event::RecordView& record) {
  Whole whole;
  if (!record.context.empty()) event::parse_context(record.context, whole.context);
  event::EventParts parts;
  parts.plan = &event::plan_of(*record.site);
  parts.args = record.args;
  parts.formatted = record.has(detail::flag_formatted);
  parts.context_fields = whole.context.fields;
  if (record.has(detail::flag_text_only)) {
    parts.has_message = true;
    parts.message = {reinterpret_cast<const char*>(record.args + 4), event::load32(record.args)};
    whole.fields = whole.context.fields;
  } else {
    event::collect_fields(parts, whole.fields);
  }
  event::format_message(parts, whole.message);
  return whole;
}

// Routing first, as it must not be lost; then fields, each cut to a share, as long as they fit.
std::string write_context(const Whole& whole, std::size_t budget, std::uint64_t& lost) {
  std::string items;
  event::ContextWriter writer(items);
  const event::ContextView& context = whole.context;
  if (context.has_destinations) {
    writer.add_destinations(context.destinations, context.unknown_destinations);
  }
  if (context.as_is) writer.add_as_is();
  if (context.time_ns) writer.add_time(*context.time_ns);
  if (context.trace) writer.add_trace(*context.trace);
  if (!context.logger.empty()) writer.add_logger(cut(context.logger, budget / 8));
  if (!context.event.empty()) writer.add_event(cut(context.event, budget / 8));
  for (const std::string_view tag : context.tags) {
    if (items.size() + tag.size() < budget / 2)
      writer.add_tag(tag);
    else
      lost += tag.size();
  }
  for (FieldView field : whole.fields) {
    if (field.value.type() == Value::Type::text) {
      const std::string_view kept = cut(field.value.text(), budget / 8);
      lost += field.value.text().size() - kept.size();
      field.value = kept;
    }
    const std::size_t text =
        field.value.type() == Value::Type::text ? field.value.text().size() : 8;
    if (items.size() + field.key.size() + text + 16 < budget) {
      writer.add_field(field);
    } else {
      lost += field.key.size() + text;
    }
  }
  return items;
}

}  // namespace

void submit_cut(Producer& producer, const std::byte* bytes) {
  Core& core = producer.core();
  if (core.oversize() == Oversize::refuse) return producer.count_dropped(DropReason::too_large);
  const event::RecordView record = event::read_record(bytes);
  const Whole whole = decode(record);
  const std::size_t limit = core.max_event_bytes();
  std::uint64_t lost = 0;
  std::string context = write_context(whole, limit / 2, lost);
  constexpr std::size_t overhead = 160;  // header, sizes, the mark, the item that says how much
  const std::size_t room = limit - std::min(limit, context.size() + overhead);
  const std::string_view message = whole.message.view();
  const std::string_view kept = cut(message, room);
  lost += message.size() - kept.size();
  event::ContextWriter(context).add_truncated(lost);
  const std::uint64_t logger = static_cast<std::uint64_t>(record.logger_id) << 40;
  const std::uint64_t flags = record.flags & detail::flag_suppressed;
  const detail::Room room_found = publish(producer, {.site = record.site,
                                                     .level = record.level,
                                                     .word = logger | flags,
                                                     .ticks = record.ticks,
                                                     .context = context,
                                                     .message = kept});
  if (room_found == detail::Room::ready) core.count_truncated();
  if (room_found == detail::Room::too_large) producer.count_dropped(DropReason::too_large);
}

void submit_cut(Producer& producer, const TextRecord& record) {
  const auto bytes = std::make_unique_for_overwrite<std::byte[]>(record_bytes(record));
  write_record(bytes.get(), record);
  submit_cut(producer, bytes.get());
}

}  // namespace penstock::pipeline
