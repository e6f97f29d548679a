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

void append_value(std::string& out, const Value& value, Controls controls) {
  if (value.type() == Value::Type::text) {
    append_sd_value(out, value.text(), controls);
  } else {
    plugin::detail::append_value(out, value);  // a number, true or false: nothing to escape
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
      head_is_constant_(app_name_.is_constant() && procid_.is_constant() && msgid_.is_constant()) {
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
  hostname_ = ' ';
  if (format_.protocol == Protocol::rfc3164 && format_.hostname.empty()) return;
  append_header(hostname_, format_.hostname, hostname_max);
  hostname_ += ' ';
}

std::string_view Formatter::value_of(const plugin::Template& text, const EventView& event) {
  scratch_.clear();
  text.append_to(scratch_, event);
  return scratch_;
}

void Formatter::add(Encoded& out, const EventView& event, const std::string_view* ready) {
  const auto position = static_cast<std::uint32_t>(out.events++);
  if (out.bytes.capacity() - out.bytes.size() < format_.max_message) {
    out.bytes.reserve(2 * out.bytes.capacity() + format_.max_message);
  }
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
  out.bytes.resize(begin);
  if (format_.oversize == Oversize::refuse) {
    out.refused.push_back(position);
    return;
  }
  add_in_parts(out, event, text, body_bytes);
}

void Formatter::append_head(std::string& out, const EventView& event, std::size_t sd_bytes_max,
                            Part part) {
  const auto level = std::min<std::size_t>(static_cast<std::size_t>(event.level), 5);
  out += priorities_[level];
  if (format_.protocol == Protocol::rfc5424) {
    append_rfc5424(out, event, sd_bytes_max, part);
  } else {
    append_rfc3164(out, event);
  }
}

void Formatter::append_rfc5424(std::string& out, const EventView& event, std::size_t sd_bytes_max,
                               Part part) {
  time_.append_rfc5424(out, event.time_ns);
  if (head_text_.empty() || !head_is_constant_) make_head_text(event);
  out += head_text_;
  const std::size_t before = out.size();
  if (format_.structured_data) append_fields(out, event, sd_bytes_max);
  if (part.number != 0) {
    std::array<char, 20> digits{};
    out += '[';
    out += part_id_;
    out += " n=\"";
    out += digits_of(digits, part.number);
    out += "\" of=\"";
    out += digits_of(digits, part.of);
    out += "\"]";
  }
  if (out.size() == before) out += '-';
}

// What follows the time. Most events have the same as the one before.
void Formatter::make_head_text(const EventView& event) {
  HeadKey& key = next_key_;
  key.text.clear();
  app_name_.append_to(key.text, event);
  key.app_name_end = key.text.size();
  procid_.append_to(key.text, event);
  key.procid_end = key.text.size();
  msgid_.append_to(key.text, event);
  if (key == head_key_ && !head_text_.empty()) return;
  std::swap(head_key_, next_key_);
  const std::string_view text = head_key_.text;
  head_text_ = hostname_;
  append_header(head_text_, text.substr(0, head_key_.app_name_end), app_name_max);
  head_text_ += ' ';
  append_header(head_text_,
                text.substr(head_key_.app_name_end, head_key_.procid_end - head_key_.app_name_end),
                procid_max);
  head_text_ += ' ';
  append_header(head_text_, text.substr(head_key_.procid_end), msgid_max);
  head_text_ += ' ';
}

// One element; what does not fit into `bytes_max` is left out, with all that comes after it.
void Formatter::append_fields(std::string& out, const EventView& event, std::size_t bytes_max) {
  if (event.fields.empty() && !event.trace) return;
  const std::size_t begin = out.size();
  out += '[';
  out += format_.sd_id;
  std::size_t params = 0;
  const auto add = [&](std::string_view key, bool is_field, auto&& append) {
    const std::size_t before = out.size();
    out += ' ';
    append_sd_name(out, key);
    if (is_field && is_of_trace(std::string_view(out).substr(before + 1))) {
      out.insert(before + 1, "field_");
    }
    out += "=\"";
    append();
    out += '"';
    const bool fits = out.size() - begin < bytes_max;  // and the bracket
    if (!fits) out.resize(before);
    params += fits ? 1 : 0;
    return fits;
  };
  bool fits = true;
  if (event.trace) {
    fits =
        add("trace_id", false, [&] { plugin::detail::append_hex(out, event.trace->trace_id); }) &&
        add("span_id", false, [&] { plugin::detail::append_hex(out, event.trace->span_id); });
  }
  for (std::size_t i = 0; fits && i < event.fields.size(); ++i) {
    const FieldView field = event.fields[i];
    fits = add(field.key, true, [&] { append_value(out, field.value, controls_); });
  }
  if (params == 0) {
    out.resize(begin);
  } else {
    out += ']';
  }
}

void Formatter::append_rfc3164(std::string& out, const EventView& event) {
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
void Formatter::append_body(std::string& out, std::string_view text) const {
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
  std::vector<std::string> bodies;
  do {
    std::string& body = bodies.emplace_back();
    if (text.empty()) break;
    body = body_start();
    text.remove_prefix(append_text(body, text, controls_, body_max - body.size()));
  } while (splits && !text.empty());
  for (std::size_t i = 0; i < bodies.size(); ++i) {
    if (marks && bodies.size() > 1) {
      head_.clear();
      append_head(head_, event, sd_max, {.number = i + 1, .of = bodies.size()});
    }
    add_framed(out, head_, bodies[i]);
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
