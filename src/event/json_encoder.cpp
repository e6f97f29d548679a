// SPDX-License-Identifier: Apache-2.0
#include "event/json_encoder.hpp"

#include <string_view>

#include "event/digits.hpp"
#include "event/floats.hpp"
#include "event/plan.hpp"
#include "event/scan.hpp"
#include "event/trace_text.hpp"

namespace penstock::event {
namespace {

constexpr std::string_view time_key = R"({"time":")";
// With piece_padding after each.
constexpr Piece levels[level_count] = {
    {"\",\"level\":\"TRACE\",\"logger\":\"                ", 28},
    {"\",\"level\":\"DEBUG\",\"logger\":\"                ", 28},
    {"\",\"level\":\"INFO\",\"logger\":\"                ", 27},
    {"\",\"level\":\"WARNING\",\"logger\":\"                ", 30},
    {"\",\"level\":\"ERROR\",\"logger\":\"                ", 28},
    {"\",\"level\":\"CRITICAL\",\"logger\":\"                ", 31},
};
constexpr std::string_view thread_key = R"(","thread":)";
constexpr std::string_view message_key = R"("message":")";
constexpr Piece no_place = {};

// Of all that stands before the message, but for the place and a long logger name.
constexpr std::size_t head_room = time_key.size() + time_room + 32 + short_text_max +
                                  thread_key.size() + integer_room + 1 + message_key.size() +
                                  2 * piece_padding;

void append_text(base::Buffer& out, std::string_view text) {
  out.push_back('"');
  append_escaped<Escape::json>(out, text);
  out.push_back('"');
}

void append_value(base::Buffer& out, const Value& value) {
  char* to = out.ensure(float_room + 2);
  switch (value.type()) {
    case Value::Type::i64:
      to = put_i64(to, value.i64());
      break;
    case Value::Type::u64:
      to = put_u64(to, value.u64());
      break;
    case Value::Type::f64: {
      const double number = value.f64();
      const bool finite = number - number == 0;
      if (!finite) *to++ = '"';
      to = put_double_typed(to, number);
      if (!finite) *to++ = '"';
      break;
    }
    case Value::Type::boolean:
      to = put_text(to, value.boolean() ? "true" : "false");
      break;
    case Value::Type::text:
      return append_text(out, value.text());
  }
  out.commit(to);
}

void append_tags(const EventParts& parts, base::Buffer& out) {
  out.append(R"(,"tags":[)");
  bool first = true;
  for (const std::string_view tag : parts.tags) {
    if (!first) out.push_back(',');
    append_text(out, tag);
    first = false;
  }
  out.push_back(']');
}

void append_trace(const TraceContext& trace, base::Buffer& out) {
  constexpr std::string_view trace_key = R"(,"trace_id":")";
  constexpr std::string_view span_key = R"(","span_id":")";
  char* to = out.ensure(trace_key.size() + trace_id_room + span_key.size() + span_id_room + 1);
  to = put_trace_id(put_text(to, trace_key), trace);
  to = put_span_id(put_text(to, span_key), trace);
  *to++ = '"';
  out.commit(to);
}

void append_truncated(std::uint64_t bytes, base::Buffer& out) {
  out.append(R"(,"truncated_bytes":)");
  out.commit(put_u64(out.ensure(integer_room), bytes));
}

}  // namespace

void JsonEncoder::append_line(const EventParts& parts, base::Buffer& out) {
  append_head(parts, out);
  write_message<Escape::json>(parts, out, scratch_);
  out.push_back('"');
  if (!parts.event.empty()) {
    out.append(R"(,"event":)");
    append_text(out, parts.event);
  }
  if (!parts.tags.empty()) append_tags(parts, out);
  if (parts.trace != nullptr) append_trace(*parts.trace, out);
  if (parts.truncated_bytes != 0) append_truncated(parts.truncated_bytes, out);
  if (has_fields(parts)) append_fields(parts, out);
  out.append("}\n");
}

// Up to the message's opening quote.
void JsonEncoder::append_head(const EventParts& parts, base::Buffer& out) {
  const Piece& place = parts.plan == nullptr ? no_place : parts.plan->place_json;
  const std::size_t room = head_room + place.size;
  char* to = time_.put<9>(put_text(out.ensure(room), time_key), parts.time_ns);
  to = put_piece(to, levels[static_cast<std::size_t>(parts.level)]);
  if (!put_short<Escape::json>(to, parts.logger)) {
    out.commit(to);
    append_escaped<Escape::json>(out, parts.logger);
    to = out.ensure(room);
  }
  to = put_u64(put_text(to, thread_key), parts.thread_id);
  *to++ = ',';
  to = put_piece(to, place);
  out.commit(put_text(to, message_key));
}

void JsonEncoder::append_fields(const EventParts& parts, base::Buffer& out) {
  find_shown_fields(parts, fields_);
  std::string_view before = R"(,"fields":{")";
  for (const FieldView& field : fields_) {
    out.append(before);
    append_escaped<Escape::json>(out, field.key);
    out.append("\":");
    append_value(out, field.value);
    before = ",\"";
  }
  out.push_back('}');
}

}  // namespace penstock::event
