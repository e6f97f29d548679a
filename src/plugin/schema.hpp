// SPDX-License-Identifier: Apache-2.0
// schema.hpp: which options a component takes, in a subset of JSON Schema that a person can read
// and that cannot be made slow.
//
//   type                   object, array, string, integer, number, boolean; one word, always there
//   description            text; it may have line breaks
//   default                a value that fits the schema
//   of an object           properties, required, additionalProperties (true or false)
//   of an array            items (one schema for all of them)
//   of a number            minimum, maximum; with both ends
//   of a string            minLength, maxLength (in characters), and
//                          format: duration (5ms), size (64MiB), secret (never shown)
//   of all but these two   enum
//
// Any other keyword is refused by name, `pattern` among them: a regular expression from a stranger
// is a program. An integer is written as one: 1.0 is none.
//
// Threads  values; the functions [any]
// Errors   all at once, each with the path of the value and, if known, its place
// Bound    schema_depth_max; schema_errors_max, then one error that says that there are more
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "penstock/result.hpp"
#include "plugin/value.hpp"

namespace penstock::plugin {

inline constexpr std::size_t schema_depth_max = 12;
inline constexpr std::size_t schema_errors_max = 100;

struct SchemaProperty;

struct Schema {
  enum class Type : std::uint8_t { object, array, string, integer, number, boolean };
  enum class Format : std::uint8_t { none, duration, size, secret };

  Type type = Type::object;
  std::string description{};
  std::optional<Value> default_value{};
  std::vector<Value> choices{};  // enum; empty: any

  std::vector<SchemaProperty> properties;  // in the order of the schema
  bool additional_properties = true;
  std::shared_ptr<const Schema> items{};  // null: any
  std::optional<Value> minimum{};
  std::optional<Value> maximum{};
  std::uint64_t length_min = 0;
  std::uint64_t length_max = UINT64_MAX;
  Format format = Format::none;

  // Null when there is none of that name.
  const SchemaProperty* find(std::string_view name) const noexcept;
};

struct SchemaProperty {
  std::string name{};
  bool required = false;
  Schema schema{};
};

// Checks the schema itself. `path` is what messages call it: "config_schema". [any]
Result<Schema> read_schema(const Value& value, std::string_view path);

// Everything that is wrong with `value`; nothing when it fits. `path` is its name: "options".
// Values of format duration and size may be numbers where the text would be one. [any]
Errors validate(const Schema& schema, const Value& value, std::string_view path);

// Adds the members that are not there and have a default, at the end of their object. Objects that
// are not there are not made, unless they have a default themselves. [any]
void fill_defaults(const Schema& schema, Value& value);

// "object", "integer", ...
std::string_view to_string(Schema::Type type) noexcept;

// "options.brokers[2]"
std::string path_of(std::string_view parent, std::string_view key);
std::string path_of(std::string_view parent, std::size_t index);

}  // namespace penstock::plugin
