// SPDX-License-Identifier: Apache-2.0
#include "sinks/webhook_payload.hpp"

#include <stdexcept>

#include "event/escape.hpp"
#include "event/utf8.hpp"
#include "penstock/level.hpp"

namespace penstock::sinks {
namespace {

using event::append_escaped;
using event::Escape;

constexpr std::size_t slack_max = 40'000;
constexpr std::size_t discord_max = 2'000;
constexpr std::string_view ellipsis = "\xE2\x80\xA6";

// Events as they were encoded, each with a line break at its end.
std::string_view encoded_events(const Batch& batch, std::size_t begin, std::size_t end) {
  const auto ends = batch.encoded_ends();
  const std::size_t first = begin == 0 ? 0 : ends[begin - 1];
  return batch.encoded().substr(first, ends[end - 1] - first);
}

std::string_view encoded_event(const Batch& batch, std::size_t index) {
  std::string_view text = encoded_events(batch, index, index + 1);
  if (text.ends_with('\n')) text.remove_suffix(1);
  return text;
}

std::string_view json_event(const Batch& batch, std::size_t index) {
  const std::string_view text = encoded_event(batch, index);
  if (!text.starts_with('{')) {
    throw std::runtime_error("the 'format' of this webhook sink must be json");
  }
  return text;
}

// What a character becomes in a text of Slack; empty: itself.
std::string_view slack_escape(char c) {
  switch (c) {
    case '&':
      return "&amp;";
    case '<':
      return "&lt;";
    case '>':
      return "&gt;";
    default:
      return {};
  }
}

std::size_t character_size(std::string_view text) {
  const auto first = static_cast<unsigned char>(text.front());
  return first < 0x80 ? 1 : event::utf8_character(text.data(), text.size()).size;
}

// Where to cut `text` so that no more than `max` characters are left; its size when it fits.
template <class Length>
std::size_t cut_at(std::string_view text, std::size_t max, const Length& length) {
  std::size_t used = 0;
  std::size_t cut = 0;  // where there is room for the ellipsis as well
  for (std::size_t at = 0; at < text.size();) {
    used += length(text[at]);
    if (used > max) return cut;
    at += character_size(text.substr(at));
    if (used < max) cut = at;
  }
  return text.size();
}

}  // namespace

void append_slack_text(base::Buffer& out, std::string_view text, std::size_t max) {
  const auto length = [](char c) {
    const std::string_view escape = slack_escape(c);
    return escape.empty() ? std::size_t{1} : escape.size();
  };
  const std::size_t cut = cut_at(text, max, length);
  std::string_view left = text.substr(0, cut);
  while (!left.empty()) {
    const std::size_t clean = std::min(left.find_first_of("&<>"), left.size());
    append_escaped<Escape::json>(out, left.substr(0, clean));
    if (clean < left.size()) out.append(slack_escape(left[clean]));
    left.remove_prefix(std::min(clean + 1, left.size()));
  }
  if (cut < text.size()) out.append(ellipsis);
}

void append_discord_text(base::Buffer& out, std::string_view text, std::size_t max) {
  const std::size_t cut = cut_at(text, max, [](char) { return std::size_t{1}; });
  append_escaped<Escape::json>(out, text.substr(0, cut));
  if (cut < text.size()) out.append(ellipsis);
}

WebhookPayloadWriter::WebhookPayloadWriter(const WebhookOptions& options)
    : payload_(options.payload),
      per_event_(options.payload != WebhookPayload::ndjson &&
                 (options.payload != WebhookPayload::json || options.per == WebhookPer::event)) {
  if (payload_ != WebhookPayload::from_body) return;
  if (auto parts = parse_body(options.body)) parts_ = *std::move(parts);
  fields_ = event::make_encoder({.type = FormatType::text, .pattern = "{fields}"});
}

Sink::Needs WebhookPayloadWriter::needs() const noexcept {
  if (payload_ != WebhookPayload::from_body) return {.events = false, .encoded = true};
  return {.events = true, .encoded = has_event_json(parts_)};
}

std::string_view WebhookPayloadWriter::content_type() const noexcept {
  return payload_ == WebhookPayload::ndjson ? "application/x-ndjson" : "application/json";
}

std::string_view WebhookPayloadWriter::write(const Batch& batch, Range range,
                                             base::Buffer& memory) {
  const std::size_t index = range.begin;
  memory.clear();
  switch (payload_) {
    case WebhookPayload::json:
      if (per_event_) return json_event(batch, index);
      write_array(batch, range, memory);
      break;
    case WebhookPayload::ndjson:
      (void)json_event(batch, index);
      return encoded_events(batch, range.begin, range.end);
    case WebhookPayload::slack:
      memory.append(R"({"text":")");
      append_slack_text(memory, encoded_event(batch, index), slack_max);
      memory.append(R"("})");
      break;
    case WebhookPayload::discord:
      memory.append(R"({"content":")");
      append_discord_text(memory, encoded_event(batch, index), discord_max);
      memory.append(R"(","allowed_mentions":{"parse":[]}})");
      break;
    case WebhookPayload::from_body:
      write_from_body(batch, index, memory);
      break;
  }
  return memory.view();
}

void WebhookPayloadWriter::write_array(const Batch& batch, Range range, base::Buffer& out) const {
  out.reserve(encoded_events(batch, range.begin, range.end).size() + 2);
  char before = '[';
  for (std::size_t i = range.begin; i < range.end; ++i) {
    out.push_back(before);
    out.append(json_event(batch, i));
    before = ',';
  }
  out.push_back(']');
}

void WebhookPayloadWriter::write_from_body(const Batch& batch, std::size_t index,
                                           base::Buffer& out) {
  for (const BodyPart& part : parts_) {
    out.append(part.before);
    append_value(part.name, batch, index, out);
  }
}

void WebhookPayloadWriter::append_value(BodyName name, const Batch& batch, std::size_t index,
                                        base::Buffer& out) {
  switch (name) {
    case BodyName::none:
      break;
    case BodyName::message:
      append_escaped<Escape::json>(out, batch.events()[index].message);
      break;
    case BodyName::level:
      out.append(level_name(batch.events()[index].level));
      break;
    case BodyName::logger:
      append_escaped<Escape::json>(out, batch.events()[index].logger);
      break;
    case BodyName::time:
      out.commit(time_.put<6>(out.ensure(event::time_room), batch.events()[index].time_ns));
      break;
    case BodyName::fields:
      append_fields(batch.events()[index], out);
      break;
    case BodyName::event_json:
      out.append(json_event(batch, index));
      break;
  }
}

// As a line of the format `text` shows them: key=value key=value
void WebhookPayloadWriter::append_fields(const EventView& event, base::Buffer& out) {
  event::EventParts parts;
  parts.has_message = true;
  field_views_.assign(event.fields.begin(), event.fields.end());
  parts.context_fields = field_views_;
  scratch_.clear();
  fields_->encode(parts, scratch_);
  std::string_view text = scratch_.view();
  if (text.ends_with('\n')) text.remove_suffix(1);
  if (text.starts_with(' ')) text.remove_prefix(1);
  append_escaped<Escape::json>(out, text);
}

}  // namespace penstock::sinks
