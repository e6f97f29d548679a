// SPDX-License-Identifier: Apache-2.0
#include "event/text_encoder.hpp"

#include <cstring>
#include <unistd.h>

#include "event/digits.hpp"
#include "event/logfmt_value.hpp"
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
bool is_shared(PatternName name) noexcept {
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
    steps_.push_back({literals_.add(std::move(part.before)), part.name});
  }
  find_shared_steps();
  set_thread(0);
}

// The longest row of them.
void TextEncoder::find_shared_steps() noexcept {
  const Step* begin = steps_.data();
  for (const Step& step : steps_) {
    if (!is_shared(step.name)) {
      begin = &step + 1;
    } else if (&step + 1 - begin > shared_.end - shared_.begin) {
      shared_ = {begin, &step + 1};
    }
  }
  if (shared_.end - shared_.begin < 2) shared_ = {};
  room_ += SharedText::room;
}

void TextEncoder::append_line(const EventParts& parts, base::Buffer& out) {
  char* to = out.ensure(room_);
  const Step* const first_shared =
      parts.plan != nullptr && parts.logger_id != 0 ? shared_.begin : nullptr;
  std::size_t learns_from = 0;
  for (const Step *step = steps_.data(), *const end = step + steps_.size(); step != end; ++step) {
    if (step == first_shared) {
      if (char* const after = shared_text_.put(to, parts); after != nullptr) [[likely]] {
        to = after;
        step = shared_.end - 1;
        continue;
      }
      learns_from = static_cast<std::size_t>(to - out.data());
    }
    to = put_piece(to, step->before);
    switch (step->name) {
      case PatternName::message:
        out.commit(to);
        append_message(parts, out);
        to = out.ensure(room_);
        break;
      case PatternName::logger:
        if (put_short<Escape::text>(to, parts.logger)) break;
        to = put_other(step->name, parts, to, out);
        break;
      case PatternName::file_line:
        if (parts.plan != nullptr && parts.plan->file_line_text.size <= value_room) {
          to = put_piece(to, parts.plan->file_line_text);
          break;
        }
        to = put_other(step->name, parts, to, out);
        break;
      case PatternName::fields:
        if (has_fields(parts)) to = put_other(step->name, parts, to, out);
        break;
      case PatternName::file:
      case PatternName::path:
      case PatternName::function:
      case PatternName::thread_name:
      case PatternName::event:
      case PatternName::tags:
        to = put_other(step->name, parts, to, out);
        break;
      default:
        to = put_bounded(step->name, parts, to);
    }
    if (first_shared != nullptr && step + 1 == shared_.end) [[unlikely]] {
      const char* const begin = out.data() + learns_from;
      shared_text_.keep(parts, {begin, static_cast<std::size_t>(to - begin)});
    }
  }
  out.commit(to);
}

// At most value_room bytes.
[[gnu::always_inline]] inline char* TextEncoder::put_bounded(PatternName name,
                                                             const EventParts& parts, char* to) {
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

// What has no bound. `to` is the end of `out`; gives the new end, with room_ after it.
char* TextEncoder::put_other(PatternName name, const EventParts& parts, char* to,
                             base::Buffer& out) {
  out.commit(to);
  switch (name) {
    case PatternName::logger:
      append_escaped<Escape::text>(out, parts.logger);
      break;
    case PatternName::thread_name:
      append_escaped<Escape::text>(out, parts.thread_name);
      break;
    case PatternName::event:
      append_escaped<Escape::text>(out, parts.event);
      break;
    case PatternName::tags:
      append_tags(parts, out);
      break;
    case PatternName::fields:
      append_fields(parts, out);
      break;
    default:
      out.append(place_of(name, parts.plan));
      break;
  }
  return out.ensure(room_);
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
