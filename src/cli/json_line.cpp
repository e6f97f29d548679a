// SPDX-License-Identifier: Apache-2.0
// simdjson finds out where the parts of a line begin, whether it is UTF-8 and whether its strings
// end; they are then taken one by one. Text without escapes is not copied.
#include "cli/json_line.hpp"

#include <algorithm>
#include <bit>
#include <cstring>
#include <optional>

#include <fmt/format.h>
#include <simdjson.h>

#include "cli/json_grammar.hpp"
#include "cli/line_splitter.hpp"
#include "cli/parameters.hpp"
#include "cli/timestamp.hpp"

namespace penstock::cli {

namespace od = simdjson::ondemand;
using simdjson::error_code;

static_assert(LineSplitter::padding_bytes >= simdjson::SIMDJSON_PADDING);

// Of one line. Each function answers false, with the reason in `problem`, when the line is of no
// use.
struct JsonLine::Parser {
  explicit Parser(JsonLine& owner) : to(owner) {}

  bool parse_line(std::string_view line);
  bool take_member(std::string_view key, od::value& value);
  bool take_field(std::string_view key, od::value& value);
  bool take_value(od::value& value, od::json_type type, Value& taken);
  bool take_nested(od::value& value, od::json_type type, Value& taken);
  bool take_text(od::value& value, std::string_view& text);
  bool take_text_parameter(std::string_view key, od::value& value, std::string_view& text);
  bool take_names(std::string_view key, od::value& value, std::vector<std::string_view>& names);
  bool take_level(od::value& value);
  bool take_timestamp(od::value& value);
  bool take_trace_part(std::string_view key, od::value& value, std::string_view& part);

  bool bad_json(error_code error);
  bool bad_parameter(std::string_view key, std::string_view why);

  JsonLine& to;
  od::parser parser{};
  bool parameter_is_wrong = false;
};

namespace {

std::string_view reason_of(error_code error) noexcept {
  switch (error) {
    case simdjson::UTF8_ERROR:
      return "it is not UTF-8";
    case simdjson::UNCLOSED_STRING:
      return "a string has no end";
    case simdjson::UNESCAPED_CHARS:
      return "it holds a control character";
    case simdjson::STRING_ERROR:
      return "a string has a wrong escape";
    case simdjson::NUMBER_ERROR:
      return "a number is wrong";
    default:
      return "brackets, commas, colons or words are wrong";
  }
}

// What the value is made of, without the space behind it.
std::string_view token_of(od::value& value) noexcept {
  std::string_view token = value.raw_json_token();
  while (!token.empty() && static_cast<unsigned char>(token.back()) <= ' ') token.remove_suffix(1);
  return token;
}

}  // namespace

JsonLine::JsonLine() : parser_(std::make_unique<Parser>(*this)) {}
JsonLine::~JsonLine() = default;

JsonLine::Outcome JsonLine::parse(std::string_view line) {
  clear();
  parser_->parameter_is_wrong = false;
  if (parser_->parse_line(line)) {
    finish();
    return Outcome::event;
  }
  // What stands behind the wrong parameter has not been looked at.
  if (parser_->parameter_is_wrong && is_json(line)) return Outcome::wrong_parameter;
  if (parser_->parameter_is_wrong) parser_->bad_json(simdjson::TAPE_ERROR);
  return Outcome::not_json;
}

void JsonLine::clear() {
  event_ = {};
  fields_.clear();
  tags_.clear();
  destinations_.clear();
  trace_id_ = span_id_ = {};
  problem_.clear();
}

void JsonLine::finish() {
  if (trace_id_.data() != nullptr || span_id_.data() != nullptr) {
    if (read_hex(trace_id_, trace_.trace_id) && read_hex(span_id_, trace_.span_id)) {
      event_.trace = &trace_;
    } else {
      if (trace_id_.data() != nullptr) fields_.push_back({"trace_id", Value(trace_id_)});
      if (span_id_.data() != nullptr) fields_.push_back({"span_id", Value(span_id_)});
    }
  }
  event_.fields = fields_;
  event_.tags = tags_;
  event_.destinations = destinations_;
}

bool JsonLine::Parser::bad_json(error_code error) {
  to.problem_ = fmt::format("not valid JSON: {}", reason_of(error));
  return false;
}

bool JsonLine::Parser::bad_parameter(std::string_view key, std::string_view why) {
  to.problem_ = fmt::format("'{}' {}", key, why);
  parameter_is_wrong = true;
  return false;
}

bool JsonLine::Parser::parse_line(std::string_view line) {
  const std::size_t first = line.find_first_not_of(" \t\r");
  if (first == std::string_view::npos || line[first] != '{') {
    to.problem_ = "not a JSON object";
    return false;
  }
  // simdjson takes a NUL for the end of a number or word, and does not see what stands behind it.
  if (std::memchr(line.data(), '\0', line.size()) != nullptr) {
    return bad_json(simdjson::UNESCAPED_CHARS);
  }
  if (line.size() > parser.capacity()) {
    // Twice as much each time: growing is dear.
    const std::size_t capacity =
        std::bit_ceil(std::max<std::size_t>(line.size(), std::size_t{16} * 1024));
    if (const error_code error = parser.allocate(capacity)) return bad_json(error);
  }
  od::document document;
  od::object object;
  const std::size_t readable = line.size() + LineSplitter::padding_bytes;
  error_code error = parser.iterate(line.data(), line.size(), readable).get(document);
  if (!error) error = document.get_object().get(object);
  if (error) return bad_json(error);
  for (auto member : object) {
    od::field field;
    if ((error = std::move(member).get(field))) return bad_json(error);
    const char* const begin = field.key().raw();
    const char* end = begin;
    while (*end != '"' && *end != '\\') ++end;
    std::string_view key(begin, static_cast<std::size_t>(end - begin));
    if (*end == '\\' && (error = field.unescaped_key().get(key))) return bad_json(error);
    if (!take_member(key, field.value())) return false;
  }
  const char* behind = nullptr;
  if (!document.current_location().get(behind)) return bad_json(simdjson::TAPE_ERROR);
  return true;
}

bool JsonLine::Parser::take_member(std::string_view key, od::value& value) {
  EventInput& event = to.event_;
  switch (parameter_of(key)) {
    case Parameter::none:
      return take_field(key, value);
    case Parameter::message:
      return take_text_parameter(key, value, event.message);
    case Parameter::level:
      return take_level(value);
    case Parameter::logger:
      return take_text_parameter(key, value, event.logger);
    case Parameter::event:
      return take_text_parameter(key, value, event.event);
    case Parameter::destinations:
      return take_names(key, value, to.destinations_);
    case Parameter::tags:
      return take_names(key, value, to.tags_);
    case Parameter::timestamp:
      return take_timestamp(value);
    case Parameter::trace_id:
      return take_trace_part(key, value, to.trace_id_);
    case Parameter::span_id:
      return take_trace_part(key, value, to.span_id_);
  }
  return false;
}

// ---- fields

bool JsonLine::Parser::take_field(std::string_view key, od::value& value) {
  od::json_type type{};
  if (const error_code error = value.type().get(type)) return bad_json(error);
  FieldView& field = to.fields_.emplace_back();
  field.key = key;
  return take_value(value, type, field.value);
}

bool JsonLine::Parser::take_value(od::value& value, od::json_type type, Value& taken) {
  switch (type) {
    case od::json_type::string: {
      std::string_view text;
      if (!take_text(value, text)) return false;
      taken = Value(text);
      return true;
    }
    case od::json_type::boolean: {
      bool flag = false;
      if (const error_code error = value.get_bool().get(flag)) return bad_json(error);
      taken = Value(flag);
      return true;
    }
    case od::json_type::null: {
      bool null = false;
      if (const error_code error = value.is_null().get(null)) return bad_json(error);
      if (!null) return bad_json(simdjson::N_ATOM_ERROR);
      taken = Value(std::string_view("null"));
      return true;
    }
    case od::json_type::array:
    case od::json_type::object:
      return take_nested(value, type, taken);
    case od::json_type::number:
      break;
  }
  const std::string_view token = token_of(value);
  od::number number;
  if (!value.get_number().get(number)) {
    if (number.is_int64()) {
      taken = Value(number.get_int64());
    } else if (number.is_uint64()) {
      taken = Value(number.get_uint64());
    } else {
      taken = Value(number.get_double());
    }
  } else if (is_json_number(token)) {
    taken = Value(token);  // more digits than any type has
  } else {
    return bad_json(simdjson::NUMBER_ERROR);
  }
  return true;
}

bool JsonLine::Parser::take_nested(od::value& value, od::json_type type, Value& taken) {
  std::string_view text;
  error_code error{};
  if (type == od::json_type::array) {
    od::array array;
    error = value.get_array().get(array);
    if (!error) error = array.raw_json().get(text);
  } else {
    od::object object;
    error = value.get_object().get(object);
    if (!error) error = object.raw_json().get(text);
  }
  if (error) return bad_json(error);
  // Only the brackets have been counted so far.
  while (!text.empty() && static_cast<unsigned char>(text.back()) <= ' ') text.remove_suffix(1);
  if (!is_json(text)) return bad_json(simdjson::TAPE_ERROR);
  taken = Value(text);
  return true;
}

bool JsonLine::Parser::take_text(od::value& value, std::string_view& text) {
  const std::string_view token = token_of(value);
  if (std::memchr(token.data(), '\\', token.size()) == nullptr && token.size() >= 2) {
    od::raw_json_string raw;
    if (const error_code error = value.get_raw_json_string().get(raw)) return bad_json(error);
    text = token.substr(1, token.size() - 2);
    return true;
  }
  const error_code error = value.get_string().get(text);
  return error ? bad_json(error) : true;
}

// ---- parameters

namespace {

bool is_null(od::value& value) noexcept {
  bool null = false;
  return !value.is_null().get(null) && null;
}

bool is_text(od::value& value) noexcept {
  od::json_type type{};
  return !value.type().get(type) && type == od::json_type::string;
}

}  // namespace

bool JsonLine::Parser::take_text_parameter(std::string_view key, od::value& value,
                                           std::string_view& text) {
  if (is_text(value)) return take_text(value, text);
  if (!is_null(value)) return bad_parameter(key, "is not a string");
  text = {};
  return true;
}

bool JsonLine::Parser::take_names(std::string_view key, od::value& value,
                                  std::vector<std::string_view>& names) {
  names.clear();
  if (is_null(value)) return true;
  if (is_text(value)) return take_text(value, names.emplace_back());
  od::array array;
  if (value.get_array().get(array)) return bad_parameter(key, "is not a list of strings");
  for (auto element : array) {
    if (element.error()) return bad_json(element.error());
    od::value name = element.value_unsafe();
    if (!is_text(name)) return bad_parameter(key, "is not a list of strings");
    if (!take_text(name, names.emplace_back())) return false;
  }
  return true;
}

bool JsonLine::Parser::take_level(od::value& value) {
  std::string_view name;
  if (!take_text_parameter("level", value, name)) return false;
  if (name.data() == nullptr) {
    to.event_.level = Level::info;
    return true;
  }
  const std::optional<Level> level = parse_level(name);
  if (!level) {
    constexpr std::size_t shown_max = 32;
    const std::string why = fmt::format("is '{}', which is no level", name.substr(0, shown_max));
    return bad_parameter("level", why);
  }
  to.event_.level = *level;
  return true;
}

bool JsonLine::Parser::take_timestamp(od::value& value) {
  to.event_.time_ns.reset();
  if (is_null(value)) return true;
  od::json_type type{};
  if (const error_code error = value.type().get(type)) return bad_json(error);
  const std::string_view token = token_of(value);
  Value taken;
  if (!take_value(value, type, taken)) return false;
  if (type == od::json_type::number) to.event_.time_ns = parse_epoch(token);
  if (type == od::json_type::string) to.event_.time_ns = parse_rfc3339(taken.text());
  if (!to.event_.time_ns) to.fields_.push_back({"timestamp", taken});
  return true;
}

bool JsonLine::Parser::take_trace_part(std::string_view key, od::value& value,
                                       std::string_view& part) {
  return is_text(value) ? take_text(value, part) : take_field(key, value);
}

}  // namespace penstock::cli
