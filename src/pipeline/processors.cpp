// SPDX-License-Identifier: Apache-2.0
#include "pipeline/processors.hpp"

#include <algorithm>
#include <cstdint>
#include <stdexcept>
#include <utility>

#include <fmt/format.h>

namespace penstock::pipeline {
namespace {

std::size_t bytes_of(const Value& value) {
  return value.type() == Value::Type::text ? value.text().size() : sizeof(std::uint64_t);
}

// What follows trusts in sizes: no bound of the pipeline looks at what was made after its queues.
void check_size(const penstock_event& event) {
  const EventView view(event);
  std::size_t bytes = view.message.size() + view.event.size();
  for (const FieldView& field : view.fields) bytes += field.key.size() + bytes_of(field.value);
  for (const std::string_view tag : view.tags) bytes += tag.size();
  if (bytes <= processed_bytes_max) return;
  throw std::length_error(fmt::format("it made an event of {} bytes; {} are the most there can be",
                                      bytes, processed_bytes_max));
}

}  // namespace

Result<std::unique_ptr<Processors>> Processors::make(const std::vector<ProcessorOptions>& options) {
  auto made = std::make_unique<Processors>();
  for (const ProcessorOptions& each : options) {
    const auto failure = [&](std::string_view why) {
      return Error{.message = fmt::format("its processor '{}': {}", each.type, why)};
    };
    Result<std::unique_ptr<Processor>> processor = each.make();
    if (!processor) return failure(processor.errors().front().message);
    if (*processor == nullptr) return failure("its factory made none");
    if (const std::string concern = (*processor)->concern(); !concern.empty()) {
      if (!made->concern_.empty()) made->concern_ += "; ";
      made->concern_ += fmt::format("its processor '{}': {}", each.type, concern);
    }
    made->processors_.push_back({each.type, *std::move(processor)});
  }
  return made;
}

bool Processors::process(event::EventParts& parts) {
  arena_.clear();
  // The mark of what was cut off is no part of the message.
  const std::uint64_t truncated = std::exchange(parts.truncated_bytes, 0);
  arena_.add(parts);
  parts.truncated_bytes = truncated;
  edit_.begin(arena_.events().front());
  for (const Named& each : processors_) {
    failed_ = each.type;
    if (each.processor->process(edit_) == Processor::Verdict::drop) return false;
  }
  if (edit_.changed()) {
    check_size(edit_.c());
    change(edit_.c(), parts);
  }
  return true;
}

// The event as it is now, in place of that of the record.
void Processors::change(const penstock_event& event, event::EventParts& parts) {
  const EventView view(event);
  parts.level = std::min(view.level, Level::critical);
  parts.has_message = true;
  parts.message = view.message;
  parts.event = view.event;
  fields_.assign(view.fields.begin(), view.fields.end());
  parts.context_fields = fields_;
  tags_.assign(view.tags.begin(), view.tags.end());
  parts.tags = tags_;
  if (view.trace) trace_ = *view.trace;
  parts.trace = view.trace ? &trace_ : nullptr;
}

}  // namespace penstock::pipeline
