// SPDX-License-Identifier: Apache-2.0
// The one file of this folder that knows simdjson. Its tape builder checks the whole text before a
// value is seen; what JSON leaves open (duplicate keys, surrogates) is checked here.
#include "plugin/json.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <vector>

#include <fmt/format.h>
#include <simdjson.h>

#include "base/buffer.hpp"
#include "event/escape.hpp"
#include "event/floats.hpp"
#include "event/utf8.hpp"
#include "plugin/words.hpp"

namespace penstock::plugin {
namespace {

namespace dom = simdjson::dom;
using base::Buffer;

std::string_view reason_of(simdjson::error_code error) noexcept {
  switch (error) {
    case simdjson::EMPTY:
      return "there is no text";
    case simdjson::UTF8_ERROR:
      return "it is not UTF-8";
    case simdjson::DEPTH_ERROR:
      return "it is nested too deeply";
    case simdjson::UNCLOSED_STRING:
      return "a string has no end";
    case simdjson::UNESCAPED_CHARS:
      return "a string holds a control character";
    case simdjson::STRING_ERROR:
      return "a string has a wrong escape";
    case simdjson::NUMBER_ERROR:
      return "a number is wrong or too large";
    default:
      return "brackets, commas, colons or words are wrong";
  }
}

// Of what simdjson has checked already, apart from surrogates, which it may let through escaped.
bool is_utf8(std::string_view text) {
  for (std::size_t i = 0; i < text.size();) {
    if (static_cast<unsigned char>(text[i]) < 0x80) {
      ++i;
      continue;
    }
    const event::Utf8Character character = event::utf8_character(&text[i], text.size() - i);
    if (!character.valid) return false;
    i += character.size;
  }
  return true;
}

// Builds values from simdjson's tape. The first problem ends it.
class Builder final {
 public:
  // False when there is a problem. The depth is bounded by the parser.
  bool build(const dom::element& element, Value& value);
  const std::string& problem() const { return problem_; }

 private:
  bool build_text(std::string_view text, std::string& copy);
  bool build_object(const dom::object& object, Value& value);
  bool build_array(const dom::array& array, Value& value);
  bool has_unique_keys(const Value::Object& members);

  std::string problem_;
};

bool Builder::build_text(std::string_view text, std::string& copy) {
  if (!is_utf8(text)) {
    problem_ = fmt::format("a string holds half a character: {}", in_quotes(text));
    return false;
  }
  copy = text;
  return true;
}

bool Builder::has_unique_keys(const Value::Object& members) {
  std::vector<std::string_view> keys;
  keys.reserve(members.size());
  for (const Member& member : members) keys.push_back(member.key);
  std::sort(keys.begin(), keys.end());
  const auto twice = std::adjacent_find(keys.begin(), keys.end());
  if (twice == keys.end()) return true;
  problem_ = fmt::format("the key {} is there twice", in_quotes(*twice));
  return false;
}

bool Builder::build_object(const dom::object& object, Value& value) {
  Value::Object members;
  for (const dom::key_value_pair pair : object) {
    Member& member = members.emplace_back();
    if (!build_text(pair.key, member.key) || !build(pair.value, member.value)) return false;
  }
  if (!has_unique_keys(members)) return false;
  value.data = std::move(members);
  return true;
}

bool Builder::build_array(const dom::array& array, Value& value) {
  Value::Array items;
  for (const dom::element item : array) {
    if (!build(item, items.emplace_back())) return false;
  }
  value.data = std::move(items);
  return true;
}

bool Builder::build(const dom::element& element, Value& value) {
  switch (element.type()) {
    case dom::element_type::ARRAY:
      return build_array(dom::array(element), value);
    case dom::element_type::OBJECT:
      return build_object(dom::object(element), value);
    case dom::element_type::STRING:
      return build_text(std::string_view(element), value.data.emplace<std::string>());
    case dom::element_type::INT64:
      value.data = std::int64_t(element);
      return true;
    case dom::element_type::UINT64:
      value = Value(std::uint64_t(element));
      return true;
    case dom::element_type::DOUBLE:
      value.data = double(element);
      return true;
    case dom::element_type::BOOL:
      value.data = bool(element);
      return true;
    case dom::element_type::NULL_VALUE:
      return true;
  }
  return true;
}

template <class Number>
void append_integer(Buffer& out, Number number) {
  constexpr std::size_t room = 24;
  char* const begin = out.ensure(room);
  out.commit(std::to_chars(begin, begin + room, number).ptr);
}

void append_text(Buffer& out, std::string_view text) {
  out.push_back('"');
  event::append_escaped<event::Escape::json>(out, text);
  out.push_back('"');
}

void append_double(Buffer& out, double number) {
  const bool is_finite = std::isfinite(number);
  if (!is_finite) out.push_back('"');
  out.commit(event::put_double_typed(out.ensure(event::float_room), number));
  if (!is_finite) out.push_back('"');
}

void append_value(Buffer& out, const Value& value);

void append_array(Buffer& out, const Value::Array& items) {
  char before = '[';
  for (const Value& item : items) {
    out.push_back(before);
    append_value(out, item);
    before = ',';
  }
  out.append(items.empty() ? "[]" : "]");
}

void append_object(Buffer& out, const Value::Object& members) {
  char before = '{';
  for (const Member& member : members) {
    out.push_back(before);
    append_text(out, member.key);
    out.push_back(':');
    append_value(out, member.value);
    before = ',';
  }
  out.append(members.empty() ? "{}" : "}");
}

void append_value(Buffer& out, const Value& value) {
  switch (value.kind()) {
    case Value::Kind::null:
      return out.append("null");
    case Value::Kind::boolean:
      return out.append(*value.boolean() ? "true" : "false");
    case Value::Kind::integer:
      return append_integer(out, std::get<std::int64_t>(value.data));
    case Value::Kind::unsigned_integer:
      return append_integer(out, std::get<std::uint64_t>(value.data));
    case Value::Kind::number:
      return append_double(out, std::get<double>(value.data));
    case Value::Kind::text:
      return append_text(out, *value.text());
    case Value::Kind::array:
      return append_array(out, *value.array());
    case Value::Kind::object:
      return append_object(out, *value.object());
  }
}

}  // namespace

Result<Value> parse_json(std::string_view text) {
  if (text.size() > json_bytes_max) {
    return Error{.message = fmt::format("{} bytes of JSON; at most {} are read", text.size(),
                                        json_bytes_max)};
  }
  dom::parser parser;
  dom::element root;
  // Room for the least capacity simdjson knows: it refuses less, though not always with a reason.
  constexpr std::size_t capacity_min = 64;
  simdjson::error_code error = parser.allocate(std::max(text.size(), capacity_min), json_depth_max);
  // parse() copies the text: simdjson reads beyond its end.
  if (error == simdjson::SUCCESS) error = parser.parse(text.data(), text.size()).get(root);
  if (error != simdjson::SUCCESS) return Error{.message = std::string(reason_of(error))};

  Value value;
  Builder builder;
  if (!builder.build(root, value)) return Error{.message = builder.problem()};
  return value;
}

std::string json_text(const Value& value) {
  Buffer out;
  append_value(out, value);
  return std::string(out.view());
}

}  // namespace penstock::plugin
