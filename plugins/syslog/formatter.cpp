// SPDX-License-Identifier: Apache-2.0
#include "formatter.hpp"

#include <algorithm>
#include <charconv>
#include <stdexcept>
#include <utility>
#include <vector>

namespace penstock::syslog {
namespace {

// RFC 5424, section 6.
constexpr std::size_t hostname_max = 255;
constexpr std::size_t app_name_max = 48;
constexpr std::size_t procid_max = 128;
constexpr std::size_t msgid_max = 32;
constexpr std::size_t tag_max = 32;  // RFC 3164, 4.1.3
// Room for the length in front of a message; most have three digits.
constexpr std::string_view length_gap = "    ";

constexpr unsigned severity_of(std::size_t level) noexcept {
  constexpr std::array<unsigned, 6> severities{7, 7, 6, 4, 3, 2};
  return severities[level];
}

std::string_view digits_of(std::array<char, 20>& buffer, std::uint64_t number) noexcept {
  const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), number).ptr;
  return {buffer.data(), static_cast<std::size_t>(end - buffer.data())};
}

plugin::Template read_template(const std::string& option, std::string_view text) {
  try {
    return plugin::Template(text);
  } catch (const std::invalid_argument& error) {
    throw std::invalid_argument(option + ": " + error.what());
  }
}

// As a name is written: what an event calls "trace id" would look like the trace's own too.
bool is_of_trace(std::string_view name) noexcept { return name == "trace_id" || name == "span_id"; }

template <class Number>
void append_number(Bytes& out, Number number) {
  constexpr std::size_t number_max = 32;  // the shortest form of a double has 24 characters at most
  char* const to = out.room(number_max);
  out.add(static_cast<std::size_t>(std::to_chars(to, to + number_max, number).ptr - to));
}

void append_value(Bytes& out, const Value& value, Controls controls) {
  switch (value.type()) {
    case Value::Type::text:
      return append_sd_value(out, value.text(), controls);
    case Value::Type::i64:
      return append_number(out, value.i64());
    case Value::Type::u64:
      return append_number(out, value.u64());
    case Value::Type::f64:
      return append_number(out, value.f64());
    case Value::Type::boolean:
      out += value.boolean() ? "true" : "false";
  }
}

}  // namespace

Formatter::Formatter(Format format)
    : format_(std::move(format)),
      controls_(format_.framing == Framing::lf ? Controls::escape : Controls::keep),
      app_name_(read_template("app_name", format_.app_name)),
      procid_(read_template("procid", format_.procid)),
      msgid_(read_template("msgid", format_.msgid)),
      message_(read_template("message", format_.message)),
      message_is_plain_(format_.message == "{message}"),
      head_is_usual_(app_name_.depends_only_on({"logger", "event"}) &&
                     procid_.depends_only_on({"logger", "event"}) &&
                     msgid_.depends_only_on({"logger", "event"})) {
  if (!is_sd_name(format_.sd_id)) {
    throw std::invalid_argument("sd_id: '" + format_.sd_id +
                                "' has to be 1 .. 32 visible characters without = ] and \", such "
                                "as fields@32473");
  }
  const std::size_t at = format_.sd_id.find('@');
  part_id_ = "part";
  part_id_ += at == std::string::npos ? "@32473" : format_.sd_id.substr(at);
  if (part_id_ == format_.sd_id || !is_sd_name(part_id_)) part_id_ = "part_of@32473";
  for (std::size_t level = 0; level < priorities_.size(); ++level) {
    const unsigned priority = format_.facility * 8 + severity_of(level);
    priorities_[level] = '<';
    priorities_[level] += std::to_string(priority);
    priorities_[level] += format_.protocol == Protocol::rfc5424 ? ">1 " : ">";
  }
  element_start_ = '[' + format_.sd_id;
  Bytes hostname;
  hostname += ' ';
  if (format_.protocol != Protocol::rfc3164 || !format_.hostname.empty()) {
    append_header(hostname, format_.hostname, hostname_max);
    hostname += ' ';
  }
  hostname_ = hostname.view();
}

std::string_view Formatter::value_of(const plugin::Template& text, const EventView& event) {
  scratch_.clear();
  text.append_to(scratch_, event);
  return scratch_;
}

void Formatter::add(Encoded& out, const EventView& event, const std::string_view* ready) {
  const auto position = static_cast<std::uint32_t>(out.events++);
  const std::size_t begin = out.bytes.size();
  if (format_.framing == Framing::octet_counting) out.bytes += length_gap;
  const std::size_t head = out.bytes.size();
  append_head(out.bytes, event, no_limit, {});
  const std::size_t body = out.bytes.size();
  const std::string_view text = text_of(event, ready);
  append_body(out.bytes, text);
  if (out.bytes.size() - head <= format_.max_message) {
    end_frame(out, begin);
    return;
  }
  const std::size_t body_bytes = out.bytes.size() - body;
  out.bytes.cut(begin);
  if (format_.oversize == Oversize::refuse) {
    out.refused.push_back(position);
    return;
  }
  add_in_parts(out, event, text, body_bytes);
}

void Formatter::append_head(Bytes& out, const EventView& event, std::size_t sd_bytes_max,
                            Part part) {
  const auto level = std::min<std::size_t>(static_cast<std::size_t>(event.level), 5);
  out += priorities_[level];
  if (format_.protocol == Protocol::rfc5424) {
    append_rfc5424(out, event, sd_bytes_max, part);
  } else {
    append_rfc3164(out, event);
  }
}

void Formatter::append_rfc5424(Bytes& out, const EventView& event, std::size_t sd_bytes_max,
                               Part part) {
  time_.append_rfc5424(out, event.time_ns);
  if (!has_same_head(event)) make_head_text(event);
  out += head_text_.view();
  const std::size_t before = out.size();
  if (format_.structured_data) append_fields(out, event, sd_bytes_max);
  if (part.number != 0) {
    out += '[';
    out += part_id_;
    out += " n=\"";
    append_number(out, part.number);
    out += "\" of=\"";
    append_number(out, part.of);
    out += "\"]";
  }
  if (out.size() == before) out += '-';
}

bool Formatter::has_same_head(const EventView& event) const noexcept {
  return head_is_usual_ && head_text_.size() != 0 && event.logger == head_logger_ &&
         event.event == head_event_;
}

// What follows the time. Most events have the same as the one before.
void Formatter::make_head_text(const EventView& event) {
  head_text_.clear();
  head_logger_ = event.logger;
  head_event_ = event.event;
  made_.clear();
  made_ += hostname_;
  append_header(made_, value_of(app_name_, event), app_name_max);
  made_ += ' ';
  append_header(made_, value_of(procid_, event), procid_max);
  made_ += ' ';
  append_header(made_, value_of(msgid_, event), msgid_max);
  made_ += ' ';
  std::swap(head_text_, made_);
}

// Most events have the names of the one before. Valid until the next one.
std::string_view Formatter::param_start(std::size_t index, std::string_view name) {
  ParamStart& start = param_starts_[index % param_starts_.size()];
  name = name.substr(0, sd_name_max);
  if (start.text.size() != 0 && name == start.name) return start.text.view();
  start.text.clear();
  start.name = name;
  made_.clear();
  made_ += ' ';
  append_sd_name(made_, name);
  if (is_of_trace(made_.view().substr(1))) made_.replace(1, 0, "field_");
  made_ += "=\"";
  std::swap(start.text, made_);
  return start.text.view();
}

// One element; what does not fit into `bytes_max` is left out, with all that comes after it.
void Formatter::append_fields(Bytes& out, const EventView& event, std::size_t bytes_max) {
  if (event.fields.empty() && !event.trace) return;
  const std::size_t begin = out.size();
  out += element_start_;
  std::size_t params = 0;
  const auto add = [&](std::string_view start, auto&& append) {
    const std::size_t before = out.size();
    out += start;
    append();
    out += '"';
    ++params;
    if (out.size() - begin < bytes_max) return true;  // and the bracket
    out.cut(before);
    --params;
    return false;
  };
  bool fits = true;
  if (event.trace) {
    fits = add(" trace_id=\"", [&] { plugin::detail::append_hex(out, event.trace->trace_id); }) &&
           add(" span_id=\"", [&] { plugin::detail::append_hex(out, event.trace->span_id); });
  }
  for (std::size_t i = 0; fits && i < event.fields.size(); ++i) {
    const FieldView field = event.fields[i];
    fits = add(param_start(i, field.key), [&] { append_value(out, field.value, controls_); });
  }
  if (params == 0) {
    out.cut(begin);
  } else {
    out += ']';
  }
}

void Formatter::append_rfc3164(Bytes& out, const EventView& event) {
  time_.append_rfc3164(out, event.time_ns);
  out += hostname_;
  const std::string_view tag = value_of(app_name_, event);
  if (tag.empty()) {
    out += '-';
  } else {
    append_tag(out, tag, tag_max);
  }
  const std::string_view procid = value_of(procid_, event);
  if (!procid.empty()) {
    out += '[';
    append_tag(out, procid, procid_max);
    out += ']';
  }
  out += ':';
}

// Valid until the next one.
std::string_view Formatter::text_of(const EventView& event, const std::string_view* ready) {
  if (ready != nullptr) return *ready;
  if (message_is_plain_) return event.message;
  text_.clear();
  message_.append_to(text_, event);
  return text_;
}

// With the space in front of it; nothing when there is no text.
void Formatter::append_body(Bytes& out, std::string_view text) const {
  if (text.empty()) return;
  out += body_start();
  append_text(out, text, controls_);
}

std::string_view Formatter::body_start() const noexcept {
  constexpr std::string_view with_bom = " \xEF\xBB\xBF";
  const bool marks = format_.bom && format_.protocol == Protocol::rfc5424;
  return marks ? with_bom : with_bom.substr(0, 1);
}

// Too large with all of its structured data and text: neither gets more than half of the room as
// long as the other needs it. `body_bytes` is what all of the text takes.
void Formatter::add_in_parts(Encoded& out, const EventView& event, std::string_view text,
                             std::size_t body_bytes) {
  constexpr std::size_t part_element_max = 64;
  const bool splits = format_.oversize == Oversize::split;
  const bool marks = splits && format_.protocol == Protocol::rfc5424;
  const std::size_t reserved = marks ? part_element_max : 0;
  head_.clear();
  append_head(head_, event, 1, {});  // no structured data
  const std::size_t room = format_.max_message - head_.size() - reserved;
  const std::size_t sd_max = body_bytes < room / 2 ? room - body_bytes : room / 2;
  head_.clear();
  append_head(head_, event, sd_max, {});
  const std::size_t body_max = format_.max_message - head_.size() - reserved;
  std::vector<Bytes> bodies;
  do {
    Bytes& body = bodies.emplace_back();
    if (text.empty()) break;
    body += body_start();
    text.remove_prefix(append_text(body, text, controls_, body_max - body.size()));
  } while (splits && !text.empty());
  for (std::size_t i = 0; i < bodies.size(); ++i) {
    if (marks && bodies.size() > 1) {
      head_.clear();
      append_head(head_, event, sd_max, {.number = i + 1, .of = bodies.size()});
    }
    add_framed(out, head_.view(), bodies[i].view());
  }
}

void Formatter::add_framed(Encoded& out, std::string_view head, std::string_view body) {
  const std::size_t begin = out.bytes.size();
  if (format_.framing == Framing::octet_counting) out.bytes += length_gap;
  out.bytes += head;
  out.bytes += body;
  end_frame(out, begin);
}

void Formatter::end_frame(Encoded& out, std::size_t begin) const {
  if (format_.framing == Framing::lf) out.bytes += '\n';
  if (format_.framing == Framing::octet_counting) {
    std::array<char, 20> buffer{};
    std::string_view digits = digits_of(buffer, out.bytes.size() - begin - length_gap.size());
    if (digits.size() + 1 == length_gap.size()) {
      digits.copy(out.bytes.data() + begin, digits.size());
    } else {
      std::string length(digits);
      length += ' ';
      out.bytes.replace(begin, length_gap.size(), length);
    }
  }
  out.frames.push_back({.end = static_cast<std::uint32_t>(out.bytes.size()),
                        .event = static_cast<std::uint32_t>(out.events - 1)});
}

}  // namespace penstock::syslog
