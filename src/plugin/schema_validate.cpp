// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "base/units.hpp"
#include "plugin/problems.hpp"
#include "plugin/schema.hpp"
#include "plugin/words.hpp"

namespace penstock::plugin {
namespace {

using Type = Schema::Type;
using Format = Schema::Format;

constexpr std::size_t listed_words_max = 20;  // more are no help

bool has_type(const Value& value, Type type) {
  switch (type) {
    case Type::object:
      return value.is(Value::Kind::object);
    case Type::array:
      return value.is(Value::Kind::array);
    case Type::string:
      return value.is(Value::Kind::text);
    case Type::integer:
      return value.is_integer();
    case Type::number:
      return value.is_number();
    case Type::boolean:
      return value.is(Value::Kind::boolean);
  }
  return false;
}

std::string_view expected_of(const Schema& schema) {
  if (schema.format == Format::duration) return "a duration such as 5ms";
  if (schema.format == Format::size) return "a size such as 64MiB";
  switch (schema.type) {
    case Type::object:
      return "a mapping";
    case Type::array:
      return "a list";
    case Type::string:
      return "a string";
    case Type::integer:
      return "a whole number";
    case Type::number:
      return "a number";
    case Type::boolean:
      return "true or false";
  }
  return "?";
}

std::uint64_t characters(std::string_view text) {
  return static_cast<std::uint64_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U;
  }));
}

// What can be written in one word for a secret, and in full for all else.
std::string shown_of(const Schema& schema, const Value& value) {
  return schema.format == Format::secret ? std::string(kind_name(value)) : shown(value);
}

class Validator final {
 public:
  explicit Validator(Problems& problems) : problems_(problems) {}
  void check(const Schema& schema, const Value& value, const std::string& path);

 private:
  void check_type(const Schema& schema, const Value& value, const std::string& path);
  void check_text(const Schema& schema, const Value& value, const std::string& path);
  void check_number(const Schema& schema, const Value& value, const std::string& path);
  void check_choices(const Schema& schema, const Value& value, const std::string& path);
  void check_items(const Schema& schema, const Value& value, const std::string& path);
  void check_members(const Schema& schema, const Value& value, const std::string& path);
  void unknown_key(const Schema& schema, const Member& member, const std::string& path);

  Problems& problems_;
};

// YAML takes 10485760 and 0 for numbers, and they are as good as their text.
bool is_quantity_number(const Schema& schema, const Value& value) {
  const auto* const number = std::get_if<std::int64_t>(&value.data);
  if (number == nullptr || *number < 0) return false;
  return schema.format == Format::size || (schema.format == Format::duration && *number == 0);
}

void Validator::check_type(const Schema& schema, const Value& value, const std::string& path) {
  // A number or a word without quotes, where a string was meant, is what YAML makes of it.
  const bool needs_quotes = schema.type == Type::string && schema.format == Format::none &&
                            (value.is_number() || value.is(Value::Kind::boolean));
  problems_.add(value,
                fmt::format("'{}' must be {}, not {}{}", path, expected_of(schema),
                            shown_of(schema, value), needs_quotes ? "; write it in quotes" : ""));
}

void Validator::check_text(const Schema& schema, const Value& value, const std::string& path) {
  const std::string& text = *value.text();
  const bool is_wrong = (schema.format == Format::duration && !base::parse_duration(text).value) ||
                        (schema.format == Format::size && !base::parse_size(text).value);
  if (is_wrong) return check_type(schema, value, path);
  const std::uint64_t length = characters(text);
  if (length < schema.length_min && schema.length_min == 1) {
    return problems_.add(value, fmt::format("'{}' must not be empty", path));
  }
  if (length < schema.length_min) {
    problems_.add(value, fmt::format("'{}' must have at least {} characters, not {}", path,
                                     schema.length_min, length));
  }
  if (length > schema.length_max) {
    problems_.add(value, fmt::format("'{}' must have at most {} characters, not {}", path,
                                     schema.length_max, length));
  }
}

void Validator::check_number(const Schema& schema, const Value& value, const std::string& path) {
  const auto* const number = std::get_if<double>(&value.data);
  if (number != nullptr && !std::isfinite(*number)) {
    problems_.add(value, fmt::format("'{}' must be a finite number", path));
    return;
  }
  if (schema.minimum && compare_numbers(value, *schema.minimum) < 0) {
    problems_.add(value, fmt::format("'{}' must be at least {}, not {}", path,
                                     shown(*schema.minimum), shown(value)));
  }
  if (schema.maximum && compare_numbers(value, *schema.maximum) > 0) {
    problems_.add(value, fmt::format("'{}' must be at most {}, not {}", path,
                                     shown(*schema.maximum), shown(value)));
  }
}

void Validator::check_choices(const Schema& schema, const Value& value, const std::string& path) {
  const auto& choices = schema.choices;
  if (choices.empty() || std::find(choices.begin(), choices.end(), value) != choices.end()) return;
  std::vector<std::string_view> words;
  std::vector<std::string> all;
  for (const Value& choice : choices) {
    if (choice.text() != nullptr) words.push_back(*choice.text());
    if (all.size() < listed_words_max) {
      all.push_back(choice.text() != nullptr ? one_line(*choice.text()) : shown(choice));
    }
  }
  const std::string hint = value.text() == nullptr ? "" : did_you_mean(*value.text(), words);
  problems_.add(
      value, fmt::format("'{}' cannot be {}{}; it is one of {}{}", path, shown(value), hint,
                         fmt::join(all, ", "), choices.size() > listed_words_max ? ", ..." : ""));
}

void Validator::check_items(const Schema& schema, const Value& value, const std::string& path) {
  if (schema.items == nullptr) return;
  const Value::Array& items = *value.array();
  for (std::size_t i = 0; i < items.size() && !problems_.full(); ++i) {
    check(*schema.items, items[i], path_of(path, i));
  }
}

void Validator::unknown_key(const Schema& schema, const Member& member, const std::string& path) {
  std::vector<std::string_view> names;
  for (const SchemaProperty& property : schema.properties) names.push_back(property.name);
  std::string hint = did_you_mean(member.key, names);
  if (hint.empty() && names.empty()) hint = "; it takes none";
  if (hint.empty() && names.size() <= listed_words_max) hint = "; valid keys are " + listed(names);
  const std::string place = path.empty() ? "" : fmt::format(" in '{}'", path);
  problems_.add(member, fmt::format("unknown key {}{}{}", in_quotes(member.key), place, hint));
}

void Validator::check_members(const Schema& schema, const Value& value, const std::string& path) {
  for (const Member& member : *value.object()) {
    if (problems_.full()) return;
    const SchemaProperty* const property = schema.find(member.key);
    if (property != nullptr) {
      check(property->schema, member.value, path_of(path, member.key));
    } else if (!schema.additional_properties) {
      unknown_key(schema, member, path);
    }
  }
  for (const SchemaProperty& property : schema.properties) {
    if (property.required && value.find(property.name) == nullptr) {
      problems_.add(value, fmt::format("'{}' is missing; it must be {}",
                                       path_of(path, property.name), expected_of(property.schema)));
    }
  }
}

void Validator::check(const Schema& schema, const Value& value, const std::string& path) {
  if (is_quantity_number(schema, value)) return;
  if (!has_type(value, schema.type)) return check_type(schema, value, path);
  if (schema.type == Type::object) return check_members(schema, value, path);
  if (schema.type == Type::array) return check_items(schema, value, path);
  if (schema.type == Type::string) check_text(schema, value, path);
  if (value.is_number()) check_number(schema, value, path);
  check_choices(schema, value, path);
}

}  // namespace

Errors validate(const Schema& schema, const Value& value, std::string_view path) {
  Problems problems;
  Validator(problems).check(schema, value, std::string(path));
  return problems.take();
}

void fill_defaults(const Schema& schema, Value& value) {
  if (auto* const items = std::get_if<Value::Array>(&value.data)) {
    if (schema.items == nullptr) return;
    for (Value& item : *items) fill_defaults(*schema.items, item);
  }
  auto* const members = std::get_if<Value::Object>(&value.data);
  if (members == nullptr) return;
  for (const SchemaProperty& property : schema.properties) {
    const auto found = std::find_if(members->begin(), members->end(), [&](const Member& member) {
      return member.key == property.name;
    });
    if (found != members->end()) {
      fill_defaults(property.schema, found->value);
    } else if (property.schema.default_value) {
      Member& added = members->emplace_back(Member{property.name, *property.schema.default_value});
      fill_defaults(property.schema, added.value);
    }
  }
}

}  // namespace penstock::plugin
