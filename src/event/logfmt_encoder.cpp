// SPDX-License-Identifier: Apache-2.0
#include "event/logfmt_encoder.hpp"

#include <algorithm>
#include <string_view>

#include "event/digits.hpp"
#include "event/logfmt_value.hpp"
#include "event/plan.hpp"
#include "event/trace_text.hpp"

namespace penstock::event {
namespace {

constexpr std::string_view built_in_keys[] = {
    "time",    "level", "logger", "thread",   "file",    "line",           "function",
    "message", "event", "tags",   "trace_id", "span_id", "truncated_bytes"};
constexpr std::string_view field_prefix = "field_";

bool needs_prefix(std::string_view key) {
  while (key.starts_with(field_prefix)) key.remove_prefix(field_prefix.size());
  return std::find(std::begin(built_in_keys), std::end(built_in_keys), key) !=
         std::end(built_in_keys);
}

void append_trace(const TraceContext& trace, base::Buffer& out) {
  out.append(" trace_id=");
  out.commit(put_trace_id(out.ensure(trace_id_room), trace));
  out.append(" span_id=");
  out.commit(put_span_id(out.ensure(span_id_room), trace));
}

}  // namespace

void LogfmtEncoder::append_line(const EventParts& parts, base::Buffer& out) {
  out.append("time=");
  out.commit(time_.put<9>(out.ensure(time_room), parts.time_ns));
  out.append(" level=");
  out.append(level_name(parts.level));
  out.append(" logger=");
  append_logfmt_text(out, parts.logger);
  out.append(" thread=");
  out.commit(put_u64(out.ensure(integer_room), parts.thread_id));
  if (parts.plan != nullptr) out.append(parts.plan->place_logfmt.view());
  append_message(parts, out);
  if (!parts.event.empty()) {
    out.append(" event=");
    append_logfmt_text(out, parts.event);
  }
  if (!parts.tags.empty()) append_tags(parts, out);
  if (parts.trace != nullptr) append_trace(*parts.trace, out);
  if (parts.truncated_bytes != 0) {
    out.append(" truncated_bytes=");
    out.commit(put_u64(out.ensure(integer_room), parts.truncated_bytes));
  }
  if (has_fields(parts)) append_fields(parts, out);
  out.push_back('\n');
}

// Always quoted: a message is seldom one word, and then it need not be looked at twice.
void LogfmtEncoder::append_message(const EventParts& parts, base::Buffer& out) {
  out.append(" message=\"");
  write_message<Escape::json>(parts, out, scratch_);
  out.push_back('"');
}

void LogfmtEncoder::append_tags(const EventParts& parts, base::Buffer& out) {
  tags_.clear();
  bool first = true;
  for (const std::string_view tag : parts.tags) {
    if (!first) tags_ += ',';
    first = false;
    for (const char c : tag) {
      if (c == ',' || c == '\\') tags_ += '\\';
      tags_ += c;
    }
  }
  out.append(" tags=");
  append_logfmt_text(out, tags_);
}

void LogfmtEncoder::append_fields(const EventParts& parts, base::Buffer& out) {
  find_shown_fields(parts, fields_);
  for (const FieldView& field : fields_) {
    out.push_back(' ');
    if (needs_prefix(field.key)) out.append(field_prefix);
    append_logfmt_key(out, field.key);
    out.push_back('=');
    append_logfmt_value(out, field.value);
  }
}

}  // namespace penstock::event
