// SPDX-License-Identifier: Apache-2.0
// Reading of a schema. Whether a value fits is in schema_validate.cpp.
#include "plugin/schema.hpp"

#include <algorithm>
#include <array>
#include <span>

#include <fmt/format.h>

#include "plugin/problems.hpp"
#include "plugin/words.hpp"

namespace penstock::plugin {
namespace {

using Type = Schema::Type;

struct TypeWord {
  std::string_view word;
  Type type;
};
constexpr std::array<TypeWord, 6> type_words = {{{"object", Type::object},
                                                 {"array", Type::array},
                                                 {"string", Type::string},
                                                 {"integer", Type::integer},
                                                 {"number", Type::number},
                                                 {"boolean", Type::boolean}}};

struct FormatWord {
  std::string_view word;
  Schema::Format format;
};
constexpr std::array<FormatWord, 3> format_words = {{{"duration", Schema::Format::duration},
                                                     {"size", Schema::Format::size},
                                                     {"secret", Schema::Format::secret}}};

// Which types a keyword is for, as bits.
constexpr unsigned bit(Type type) { return 1U << static_cast<unsigned>(type); }
constexpr unsigned of_all = 0x3F;
constexpr unsigned of_numbers = bit(Type::integer) | bit(Type::number);
constexpr unsigned of_single = of_numbers | bit(Type::string) | bit(Type::boolean);

struct Keyword {
  std::string_view word;
  unsigned types;
};
constexpr std::array<Keyword, 13> keywords = {{{"type", of_all},
                                               {"description", of_all},
                                               {"default", of_all},
                                               {"enum", of_single},
                                               {"properties", bit(Type::object)},
                                               {"required", bit(Type::object)},
                                               {"additionalProperties", bit(Type::object)},
                                               {"items", bit(Type::array)},
                                               {"minimum", of_numbers},
                                               {"maximum", of_numbers},
                                               {"minLength", bit(Type::string)},
                                               {"maxLength", bit(Type::string)},
                                               {"format", bit(Type::string)}}};

template <class Table>
std::vector<std::string_view> words_of(const Table& table) {
  std::vector<std::string_view> words;
  words.reserve(table.size());
  for (const auto& row : table) words.push_back(row.word);
  return words;
}

template <class Table>
auto find_word(const Table& table, std::string_view word) {
  return std::find_if(table.begin(), table.end(),
                      [&](const auto& row) { return row.word == word; });
}

// Of one schema and those within it.
class Reader final {
 public:
  explicit Reader(Problems& problems) : problems_(problems) {}
  Schema read(const Value& value, const std::string& path, std::size_t depth);

 private:
  bool read_type(const Value& value, const std::string& path, Schema& schema);
  void check_keywords(const Value& value, const std::string& path, Type type);
  void read_properties(const Value& value, const std::string& path, std::size_t depth,
                       Schema& schema);
  void read_required(const Value& value, const std::string& path, Schema& schema);
  void read_numbers(const Value& value, const std::string& path, Schema& schema);
  void read_lengths(const Value& value, const std::string& path, Schema& schema);
  void read_format(const Value& value, const std::string& path, Schema& schema);
  void read_choices(const Value& value, const std::string& path, Schema& schema);
  void read_default(const Value& value, const std::string& path, Schema& schema);
  void forbid_secrets(const Schema& schema, const Value& given, const std::string& path);
  void must_be(const Value& value, const std::string& path, std::string_view expected);

  Problems& problems_;
};

void Reader::must_be(const Value& value, const std::string& path, std::string_view expected) {
  problems_.add(value, fmt::format("'{}' must be {}, not {}", path, expected, shown(value)));
}

bool Reader::read_type(const Value& value, const std::string& path, Schema& schema) {
  const Value* const type = value.find("type");
  const std::vector<std::string_view> words = words_of(type_words);
  if (type == nullptr) {
    problems_.add(value, fmt::format("'{}' has no type; it is one of {}", path, listed(words)));
    return false;
  }
  const std::string* const word = type->text();
  const auto found = word == nullptr ? type_words.end() : find_word(type_words, *word);
  if (found == type_words.end()) {
    must_be(*type, path_of(path, "type"), "one of " + listed(words));
    return false;
  }
  schema.type = found->type;
  return true;
}

void Reader::check_keywords(const Value& value, const std::string& path, Type type) {
  for (const Member& member : *value.object()) {
    const auto found = find_word(keywords, member.key);
    if (found == keywords.end()) {
      const std::vector<std::string_view> words = words_of(keywords);
      problems_.add(member, fmt::format("'{}' has the unknown keyword {}{}", path,
                                        in_quotes(member.key), did_you_mean(member.key, words)));
    } else if ((found->types & bit(type)) == 0) {
      problems_.add(member, fmt::format("'{}' has the keyword '{}', which is not for the type {}",
                                        path, member.key, to_string(type)));
    }
  }
}

void Reader::read_properties(const Value& value, const std::string& path, std::size_t depth,
                             Schema& schema) {
  const Value* const properties = value.find("properties");
  if (properties == nullptr) return;
  const std::string place = path_of(path, "properties");
  if (properties->object() == nullptr) return must_be(*properties, place, "a mapping");
  for (const Member& member : *properties->object()) {
    if (member.key.empty() || !is_plain_text(member.key)) {
      problems_.add(member, fmt::format("'{}' has a name that cannot be written: {}", place,
                                        in_quotes(member.key)));
      continue;
    }
    schema.properties.push_back(
        {.name = member.key, .schema = read(member.value, path_of(place, member.key), depth + 1)});
  }
}

void Reader::read_required(const Value& value, const std::string& path, Schema& schema) {
  const Value* const required = value.find("required");
  if (required == nullptr) return;
  const std::string place = path_of(path, "required");
  if (required->array() == nullptr) return must_be(*required, place, "a list of names");
  for (const Value& name : *required->array()) {
    const auto found = std::find_if(
        schema.properties.begin(), schema.properties.end(), [&](const SchemaProperty& property) {
          return name.text() != nullptr && property.name == *name.text();
        });
    if (found == schema.properties.end()) {
      problems_.add(name, fmt::format("'{}' names {}, which is no property", place, shown(name)));
    } else if (found->schema.default_value) {
      problems_.add(name, fmt::format("'{}' names {}, which has a default", place, shown(name)));
    } else {
      found->required = true;
    }
  }
}

void Reader::read_numbers(const Value& value, const std::string& path, Schema& schema) {
  const auto take = [&](std::string_view word, std::optional<Value>& target) {
    const Value* const number = value.find(word);
    if (number == nullptr) return;
    if (number->is_number()) {
      target = *number;
    } else {
      must_be(*number, path_of(path, word), "a number");
    }
  };
  take("minimum", schema.minimum);
  take("maximum", schema.maximum);
  if (schema.minimum && schema.maximum && compare_numbers(*schema.minimum, *schema.maximum) > 0) {
    problems_.add(value, fmt::format("'{}' has the minimum {} above the maximum {}", path,
                                     shown(*schema.minimum), shown(*schema.maximum)));
  }
}

void Reader::read_lengths(const Value& value, const std::string& path, Schema& schema) {
  const auto take = [&](std::string_view word, std::uint64_t& target) {
    const Value* const length = value.find(word);
    if (length == nullptr) return;
    const auto* const number = std::get_if<std::int64_t>(&length->data);
    if (number != nullptr && *number >= 0) {
      target = static_cast<std::uint64_t>(*number);
    } else {
      must_be(*length, path_of(path, word), "a whole number, 0 or more");
    }
  };
  take("minLength", schema.length_min);
  take("maxLength", schema.length_max);
  if (schema.length_min > schema.length_max) {
    problems_.add(value, fmt::format("'{}' has the minLength {} above the maxLength {}", path,
                                     schema.length_min, schema.length_max));
  }
}

void Reader::read_format(const Value& value, const std::string& path, Schema& schema) {
  const Value* const format = value.find("format");
  if (format == nullptr) return;
  const std::string* const word = format->text();
  const auto found = word == nullptr ? format_words.end() : find_word(format_words, *word);
  if (found == format_words.end()) {
    return must_be(*format, path_of(path, "format"), "one of " + listed(words_of(format_words)));
  }
  schema.format = found->format;
  if (schema.format != Schema::Format::secret) return;
  if (value.find("default") != nullptr || value.find("enum") != nullptr) {
    problems_.add(value, fmt::format("'{}' is a secret: it can have no default and no enum", path));
  }
}

void Reader::read_choices(const Value& value, const std::string& path, Schema& schema) {
  const Value* const choices = value.find("enum");
  if (choices == nullptr) return;
  const std::string place = path_of(path, "enum");
  if (choices->array() == nullptr || choices->array()->empty()) {
    return must_be(*choices, place, "a list of values");
  }
  for (std::size_t i = 0; i < choices->array()->size(); ++i) {
    problems_.add_all(validate(schema, (*choices->array())[i], path_of(place, i)));
  }
  schema.choices = *choices->array();
}

void Reader::read_default(const Value& value, const std::string& path, Schema& schema) {
  const Value* const given = value.find("default");
  if (given == nullptr) return;
  problems_.add_all(validate(schema, *given, path_of(path, "default")));
  if (schema.format != Schema::Format::secret) {  // read_format() has said it
    forbid_secrets(schema, *given, path_of(path, "default"));
  }
  schema.default_value = *given;
}

// What stands in a secret is looked up in files and variables, and that is for who configures to
// say, not for a manifest.
void Reader::forbid_secrets(const Schema& schema, const Value& given, const std::string& path) {
  if (schema.format == Schema::Format::secret) {
    problems_.add(given, fmt::format("'{}' gives a default to a secret, which can have none; take "
                                     "it out there",
                                     path));
  }
  if (const Value::Array* const items = given.array(); items != nullptr && schema.items) {
    for (std::size_t i = 0; i < items->size() && !problems_.full(); ++i) {
      forbid_secrets(*schema.items, (*items)[i], path_of(path, i));
    }
  }
  if (given.object() == nullptr) return;
  for (const Member& member : *given.object()) {
    const SchemaProperty* const property = schema.find(member.key);
    if (property != nullptr) {
      forbid_secrets(property->schema, member.value, path_of(path, member.key));
    }
  }
}

Schema Reader::read(const Value& value, const std::string& path, std::size_t depth) {
  Schema schema;
  if (value.object() == nullptr) {
    must_be(value, path, "a schema: a mapping with a type");
    return schema;
  }
  if (depth > schema_depth_max) {
    problems_.add(value, fmt::format("'{}' is nested more than {} deep", path, schema_depth_max));
    return schema;
  }
  if (!read_type(value, path, schema)) return schema;
  check_keywords(value, path, schema.type);
  if (const Value* const description = value.find("description")) {
    if (description->text() == nullptr) must_be(*description, path_of(path, "description"), "text");
    if (description->text() != nullptr) schema.description = *description->text();
  }
  if (const Value* const others = value.find("additionalProperties")) {
    if (others->boolean() == nullptr) {
      must_be(*others, path_of(path, "additionalProperties"), "true or false");
    } else {
      schema.additional_properties = *others->boolean();
    }
  }
  if (const Value* const items = value.find("items")) {
    schema.items = std::make_shared<Schema>(read(*items, path_of(path, "items"), depth + 1));
  }
  read_properties(value, path, depth, schema);
  read_required(value, path, schema);
  read_numbers(value, path, schema);
  read_lengths(value, path, schema);
  read_format(value, path, schema);
  read_choices(value, path, schema);
  read_default(value, path, schema);
  return schema;
}

}  // namespace

const SchemaProperty* Schema::find(std::string_view name) const noexcept {
  for (const SchemaProperty& property : properties) {
    if (property.name == name) return &property;
  }
  return nullptr;
}

Result<Schema> read_schema(const Value& value, std::string_view path) {
  Problems problems;
  Schema schema = Reader(problems).read(value, std::string(path), 1);
  if (!problems.empty()) return problems.take();
  return schema;
}

std::string_view to_string(Type type) noexcept {
  return type_words[static_cast<std::size_t>(type)].word;
}

std::string path_of(std::string_view parent, std::string_view key) {
  // A key may be as long as the file.
  constexpr std::size_t key_bytes_max = 80;
  const std::string_view cut = key.substr(0, key_bytes_max);
  const std::string shown_key = one_line(cut) + (cut.size() < key.size() ? "..." : "");
  return parent.empty() ? shown_key : fmt::format("{}.{}", parent, shown_key);
}

std::string path_of(std::string_view parent, std::size_t index) {
  return fmt::format("{}[{}]", parent, index);
}

}  // namespace penstock::plugin
