// SPDX-License-Identifier: Apache-2.0
#include "pipeline/dead_letters.hpp"

#include "event/context.hpp"
#include "event/letter_fields.hpp"
#include "event/record.hpp"
#include "event/time_text.hpp"
#include "pipeline/core.hpp"
#include "pipeline/record_copy.hpp"

namespace penstock::pipeline {
namespace {

namespace letter_fields = event::letter_fields;

constexpr std::size_t longest_error = 1000;  // it comes from outside

std::string time_text(std::int64_t time_ns) {
  char text[event::time_room];
  return {text, event::TimeText().put<6>(text, time_ns)};
}

}  // namespace

DeadLetters::DeadLetters(Core& core, const Channel& from)
    : core_(core), from_(from), to_(core.open_channel(from.options.dead_letter)) {
  if (to_ != nullptr) producer_ = core.attach();
}

DeadLetters::Outcome DeadLetters::post(const Origin& origin, const Letter& letter) {
  if (to_ == nullptr) return Outcome::no_route;
  {
    std::lock_guard lock(to_->mutex);
    if (to_->finished) return Outcome::no_route;
  }
  const std::byte* record = origin.block->bytes() + origin.position;
  const event::RecordView view = event::read_record(record);
  context_.assign(reinterpret_cast<const char*>(view.context.data()), view.context.size());
  event::ContextView before;
  event::parse_context(view.context, before);
  event::ContextWriter writer(context_);
  if (!before.dead_letter) {
    // Of a letter that is refused in turn, the fields go on telling of the first refusal.
    const auto cut = [](const std::string& text) {
      return std::string_view(text).substr(0, longest_error);
    };
    const std::string first_time = time_text(letter.first.time_ns);
    const std::string last_time = time_text(letter.last.time_ns);
    writer.add_field({letter_fields::sink, Value(std::string_view(from_.options.name))});
    writer.add_field({letter_fields::reason, Value(cut(letter.reason))});
    writer.add_field({letter_fields::attempts, Value(std::uint64_t{letter.attempts})});
    writer.add_field({letter_fields::first_error, Value(cut(letter.first.error))});
    writer.add_field({letter_fields::last_error, Value(cut(letter.last.error))});
    writer.add_field({letter_fields::first_time, Value(std::string_view(first_time))});
    writer.add_field({letter_fields::last_time, Value(std::string_view(last_time))});
  }
  writer.add_destinations(to_->bit, 0);
  writer.add_dead_letter();
  copy_record(record, view, context_, record_);
  const bool posted = producer_->inject({.records = std::as_bytes(std::span(record_)),
                                         .events = 1,
                                         .mask = to_->bit,
                                         .urgent = false,
                                         .keep = true,
                                         .like = origin.block});
  if (!posted) {
    to_->wake();
    return Outcome::no_room;
  }
  core_.count_dead_letter();
  return Outcome::posted;
}

}  // namespace penstock::pipeline
