// SPDX-License-Identifier: Apache-2.0
#include "event/text_encoder.hpp"

#include <algorithm>
#include <cstring>
#include <unistd.h>

#include "event/digits.hpp"
#include "event/logfmt_value.hpp"
#include "event/message_pieces.hpp"
#include "event/plan.hpp"
#include "event/scan.hpp"
#include "event/trace_text.hpp"

namespace penstock::event {
namespace {

constexpr std::size_t level_width = 8;
constexpr char padded_levels[level_count][level_width + 1] = {"TRACE   ", "DEBUG   ", "INFO    ",
                                                              "WARNING ", "ERROR   ", "CRITICAL"};

// Of what is written in place: the literals' padding and one of the short values.
constexpr std::size_t value_room = 48;
static_assert(value_room >= time_room && value_room >= trace_id_room &&
              value_room >= integer_room && value_room >= short_text_max &&
              value_room >= piece_padding);

std::string_view place_of(PatternName name, const Plan* plan) noexcept {
  if (plan == nullptr) return name == PatternName::file_line ? "-:0" : "-";
  switch (name) {
    case PatternName::file_line:
      return plan->file_line_text.view();
    case PatternName::file:
      return plan->file_text.view();
    case PatternName::path:
      return plan->path_text.view();
    default:
      return plan->function_text.view();
  }
}

// Does its text depend on the call site, the thread's number, the level and the logger alone?
bool is_in_start(PatternName name) noexcept {
  switch (name) {
    case PatternName::logger:
    case PatternName::file_line:
    case PatternName::file:
    case PatternName::path:
    case PatternName::function:
    case PatternName::line:
    case PatternName::level:
    case PatternName::thread:
    case PatternName::pid:
      return true;
    default:
      return false;
  }
}

[[gnu::noinline]] char* put_truncated_mark(const EventParts& parts, char* to, std::size_t room,
                                           base::Buffer& out) {
  out.commit(to);
  append_truncated_mark(parts.truncated_bytes, out);
  return out.ensure(room);
}

void append_tags(const EventParts& parts, base::Buffer& out) {
  bool first = true;
  for (const std::string_view tag : parts.tags) {
    if (!first) out.push_back(',');
    append_escaped<Escape::text>(out, tag);
    first = false;
  }
}

}  // namespace

TextEncoder::TextEncoder(std::string_view pattern) : pid_(static_cast<std::uint64_t>(::getpid())) {
  for (PatternPart& part : parse_pattern(pattern).parts) {
    if (part.name == PatternName::end) part.before += '\n';
    room_ += part.before.size() + piece_padding + value_room;
    const Piece before = literals_.add(std::move(part.before));
    if (part.name == PatternName::end) {
      end_ = before;
    } else {
      steps_.push_back({before, part.name});
    }
  }
  room_ += LineStarts::room;
  find_start();
  set_thread(0);
}

// The first message, and the row of steps before it whose text is worth keeping.
void TextEncoder::find_start() noexcept {
  const Step* const begin = steps_.data();
  const Step* const end = begin + steps_.size();
  message_ =
      std::find_if(begin, end, [](const Step& step) { return step.name == PatternName::message; });
  start_ = message_;
  if (message_ == end) return;
  while (start_ != begin && is_in_start(start_[-1].name)) --start_;
}

void TextEncoder::append_line(const EventParts& parts, base::Buffer& out) {
  if (!append_usual(parts, out)) [[unlikely]]
    append_any(parts, out);
}

// The way of most events. False, with `out` as it was, when this one has to go the other way.
[[gnu::always_inline]] inline bool TextEncoder::append_usual(const EventParts& parts,
                                                             base::Buffer& out) {
  const Piece start = starts_.find(parts);
  if (start.size == 0 || parts.has_message || parts.formatted) return false;
  const std::size_t before = out.size();
  const std::size_t room = room_ + parts.plan->room;
  char* to = out.ensure(room);
  for (const Step* step = steps_.data(); step != start_; ++step) {
    to = put_step(*step, parts, to, room, out);
  }
  to = put_piece(to, start);
  try {
    to = put_arguments<Escape::text>(*parts.plan, parts.args, to, room, out, scratch_.custom);
  } catch (...) {
    to = nullptr;  // the other way meets it again, and reports it
  }
  if (to == nullptr) [[unlikely]] {
    out.resize_uninitialized(before);
    return false;
  }
  if (parts.truncated_bytes != 0) [[unlikely]]
    to = put_truncated_mark(parts, to, room_, out);
  const Step* const end = steps_.data() + steps_.size();
  for (const Step* step = message_ + 1; step != end; ++step) {
    to = put_step(*step, parts, to, room_, out);
  }
  out.commit(put_piece(to, end_));
  return true;
}

// Every event; learns from it what the next ones of its kind begin with.
[[gnu::noinline]] void TextEncoder::append_any(const EventParts& parts, base::Buffer& out) {
  const Step* const end = steps_.data() + steps_.size();
  std::size_t start = 0;
  char* to = out.ensure(room_);
  for (const Step* step = steps_.data(); step != end; ++step) {
    if (step == start_) start = static_cast<std::size_t>(to - out.data());
    if (step == message_) learn(parts, {out.data() + start, to});
    to = put_step(*step, parts, to, room_, out);
  }
  out.commit(put_piece(to, end_));
}

void TextEncoder::learn(const EventParts& parts, std::string_view before_message) noexcept {
  if (parts.plan == nullptr || parts.logger_id == 0 || !parts.plan->in_pieces()) return;
  constexpr auto e = static_cast<std::size_t>(Escape::text);
  starts_.keep(parts, {before_message, message_->before.view(), parts.plan->head[e].view()});
}

// What the step stands for, at `to`, the end of `out`; gives the new end, with `room` bytes behind
// it if it was not among what is in place.
[[gnu::always_inline]] inline char* TextEncoder::put_step(const Step& step, const EventParts& parts,
                                                          char* to, std::size_t room,
                                                          base::Buffer& out) {
  to = put_piece(to, step.before);
  if (step.name == PatternName::time_us) return time_.put<6>(to, parts.time_ns);
  if (step.name == PatternName::fields && !has_fields(parts)) return to;
  return put_value(step.name, parts, to, room, out);
}

[[gnu::noinline]] char* TextEncoder::put_value(PatternName name, const EventParts& parts, char* to,
                                               std::size_t room, base::Buffer& out) {
  switch (name) {
    case PatternName::logger:
      if (put_short<Escape::text>(to, parts.logger)) return to;
      break;
    case PatternName::file_line:
      if (parts.plan == nullptr || parts.plan->file_line_text.size > value_room) break;
      return put_piece(to, parts.plan->file_line_text);
    case PatternName::file:
    case PatternName::path:
    case PatternName::function:
    case PatternName::message:
    case PatternName::fields:
    case PatternName::thread_name:
    case PatternName::event:
    case PatternName::tags:
      break;
    default:
      return put_bounded(name, parts, to);
  }
  out.commit(to);
  append_unbounded(name, parts, out);
  return out.ensure(room);
}

// At most value_room bytes.
char* TextEncoder::put_bounded(PatternName name, const EventParts& parts, char* to) noexcept {
  switch (name) {
    case PatternName::time_s:
      return time_.put<0>(to, parts.time_ns);
    case PatternName::time_ms:
      return time_.put<3>(to, parts.time_ns);
    case PatternName::time_us:
      return time_.put<6>(to, parts.time_ns);
    case PatternName::time_ns:
      return time_.put<9>(to, parts.time_ns);
    case PatternName::level:
      std::memcpy(to, padded_levels[static_cast<std::size_t>(parts.level)], level_width);
      return to + level_width;
    case PatternName::thread:
      if (parts.thread_id != thread_id_) set_thread(parts.thread_id);
      std::memcpy(to, thread_text_, sizeof thread_text_);
      return to + thread_size_;
    case PatternName::pid:
      return put_u64(to, pid_);
    case PatternName::line:
      return put_u64(to, parts.plan ? parts.plan->line : 0);
    case PatternName::trace_id:
      return parts.trace ? put_trace_id(to, *parts.trace) : to;
    case PatternName::span_id:
      return parts.trace ? put_span_id(to, *parts.trace) : to;
    default:
      return to;
  }
}

void TextEncoder::set_thread(std::uint64_t id) noexcept {
  thread_id_ = id;
  thread_size_ = static_cast<std::size_t>(put_u64(thread_text_, id) - thread_text_);
}

// What has no bound.
void TextEncoder::append_unbounded(PatternName name, const EventParts& parts, base::Buffer& out) {
  switch (name) {
    case PatternName::message:
      return append_message(parts, out);
    case PatternName::logger:
      return append_escaped<Escape::text>(out, parts.logger);
    case PatternName::thread_name:
      return append_escaped<Escape::text>(out, parts.thread_name);
    case PatternName::event:
      return append_escaped<Escape::text>(out, parts.event);
    case PatternName::tags:
      return append_tags(parts, out);
    case PatternName::fields:
      return append_fields(parts, out);
    default:
      return out.append(place_of(name, parts.plan));
  }
}

void TextEncoder::append_message(const EventParts& parts, base::Buffer& out) {
  write_message<Escape::text>(parts, out, scratch_);
  if (parts.truncated_bytes != 0) append_truncated_mark(parts.truncated_bytes, out);
}

void TextEncoder::append_fields(const EventParts& parts, base::Buffer& out) {
  find_shown_fields(parts, fields_);
  for (const FieldView& field : fields_) {
    out.push_back(' ');
    append_logfmt_key(out, field.key);
    out.push_back('=');
    append_logfmt_value(out, field.value);
  }
}

}  // namespace penstock::event
