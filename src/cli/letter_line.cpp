// SPDX-License-Identifier: Apache-2.0
#include "cli/letter_line.hpp"

#include <optional>

#include <fmt/format.h>
#include <simdjson.h>

#include "cli/parameters.hpp"
#include "cli/timestamp.hpp"
#include "event/letter_fields.hpp"

namespace penstock::cli {

namespace dom = simdjson::dom;

struct LetterLine::Parser {
  explicit Parser(LetterLine& owner) : to(owner) {}

  bool take_member(std::string_view key, const dom::element& value);
  bool take_text(std::string_view key, const dom::element& value, std::string_view& text);
  bool take_level(const dom::element& value);
  bool take_time(const dom::element& value);
  bool take_tags(const dom::element& value);
  bool take_fields(const dom::element& value);
  bool take_field(std::string_view key, const dom::element& value);
  bool wrong(std::string_view key, std::string_view why);

  LetterLine& to;
  dom::parser parser{};
  std::string_view trace_id{};
  std::string_view span_id{};
};

LetterLine::LetterLine() : parser_(std::make_unique<Parser>(*this)) {}
LetterLine::~LetterLine() = default;

bool LetterLine::parse(std::string_view line) {
  event_ = {};
  fields_.clear();
  tags_.clear();
  destinations_.clear();
  parser_->trace_id = parser_->span_id = {};
  dom::object object;
  if (parser_->parser.parse(line.data(), line.size()).get_object().get(object)) {
    problem_ = "it is not a JSON object";
    return false;
  }
  for (const dom::key_value_pair member : object) {
    if (!parser_->take_member(member.key, member.value)) return false;
  }
  if (destinations_.empty()) {
    problem_ = "it is no dead letter: it has no field 'dead_letter_sink'";
    return false;
  }
  if (read_hex(parser_->trace_id, trace_.trace_id) && read_hex(parser_->span_id, trace_.span_id)) {
    event_.trace = &trace_;
  }
  event_.fields = fields_;
  event_.tags = tags_;
  event_.destinations = destinations_;
  event_.as_is = true;
  return true;
}

bool LetterLine::Parser::wrong(std::string_view key, std::string_view why) {
  to.problem_ = fmt::format("'{}' {}", key, why);
  return false;
}

bool LetterLine::Parser::take_member(std::string_view key, const dom::element& value) {
  if (key == "message") return take_text(key, value, to.event_.message);
  if (key == "logger") return take_text(key, value, to.event_.logger);
  if (key == "event") return take_text(key, value, to.event_.event);
  if (key == "trace_id") return take_text(key, value, trace_id);
  if (key == "span_id") return take_text(key, value, span_id);
  if (key == "level") return take_level(value);
  if (key == "time") return take_time(value);
  if (key == "tags") return take_tags(value);
  if (key == "fields") return take_fields(value);
  return take_field(key, value);
}

bool LetterLine::Parser::take_text(std::string_view key, const dom::element& value,
                                   std::string_view& text) {
  if (!value.get_string().get(text)) return true;
  return wrong(key, "is not a string");
}

bool LetterLine::Parser::take_level(const dom::element& value) {
  std::string_view name;
  if (!take_text("level", value, name)) return false;
  const std::optional<Level> level = parse_level(name);
  if (!level) return wrong("level", "is no level");
  to.event_.level = *level;
  return true;
}

bool LetterLine::Parser::take_time(const dom::element& value) {
  std::string_view text;
  if (!take_text("time", value, text)) return false;
  to.event_.time_ns = parse_rfc3339(text);
  return to.event_.time_ns ? true : wrong("time", "is no time");
}

bool LetterLine::Parser::take_tags(const dom::element& value) {
  dom::array tags;
  if (value.get_array().get(tags)) return wrong("tags", "is not a list");
  for (const dom::element tag : tags) {
    if (!take_text("tags", tag, to.tags_.emplace_back())) return false;
  }
  return true;
}

bool LetterLine::Parser::take_fields(const dom::element& value) {
  dom::object fields;
  if (value.get_object().get(fields)) return wrong("fields", "is not an object");
  for (const dom::key_value_pair field : fields) {
    if (!take_field(field.key, field.value)) return false;
  }
  return true;
}

bool LetterLine::Parser::take_field(std::string_view key, const dom::element& value) {
  if (key == event::letter_fields::sink) {
    to.destinations_.clear();
    return take_text(key, value, to.destinations_.emplace_back());
  }
  if (event::letter_fields::contain(key)) return true;
  switch (value.type()) {
    case dom::element_type::INT64:
      to.fields_.push_back({key, Value(std::int64_t{value.get_int64().value_unsafe()})});
      return true;
    case dom::element_type::UINT64:
      to.fields_.push_back({key, Value(std::uint64_t{value.get_uint64().value_unsafe()})});
      return true;
    case dom::element_type::DOUBLE:
      to.fields_.push_back({key, Value(value.get_double().value_unsafe())});
      return true;
    case dom::element_type::BOOL:
      to.fields_.push_back({key, Value(value.get_bool().value_unsafe())});
      return true;
    case dom::element_type::STRING:
      to.fields_.push_back({key, Value(value.get_string().value_unsafe())});
      return true;
    default:
      return wrong(key, "is a value that no event has");
  }
}

}  // namespace penstock::cli
