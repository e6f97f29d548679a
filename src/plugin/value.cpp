// SPDX-License-Identifier: Apache-2.0
#include "plugin/value.hpp"

#include <algorithm>
#include <limits>

#include "plugin/json.hpp"
#include "plugin/words.hpp"

namespace penstock::plugin {
namespace {

// Holds every int64, every uint64 and every double: 64 bits of significand or more.
using Wide = long double;
static_assert(std::numeric_limits<Wide>::digits >= 64);

Wide wide(const Value& value) noexcept {
  if (const auto* number = std::get_if<std::int64_t>(&value.data))
    return static_cast<Wide>(*number);
  if (const auto* number = std::get_if<std::uint64_t>(&value.data)) {
    return static_cast<Wide>(*number);
  }
  const auto* number = std::get_if<double>(&value.data);
  return number == nullptr ? 0 : static_cast<Wide>(*number);
}

bool same_members(const Value::Object& a, const Value& b) {
  return std::all_of(a.begin(), a.end(), [&](const Member& member) {
    const Value* const other = b.find(member.key);
    return other != nullptr && member.value == *other;
  });
}

}  // namespace

Value::Value() noexcept = default;
Value::Value(bool value) : data(value) {}
Value::Value(int value) : data(std::int64_t{value}) {}
Value::Value(std::int64_t value) : data(value) {}
Value::Value(double value) : data(value) {}
Value::Value(std::string value) : data(std::move(value)) {}
Value::Value(const char* value) : data(std::string(value)) {}
Value::Value(Array value) : data(std::move(value)) {}
Value::Value(Object value) : data(std::move(value)) {}

Value::Value(std::uint64_t value) {
  constexpr auto signed_max = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  if (value <= signed_max) {
    data = static_cast<std::int64_t>(value);
  } else {
    data = value;
  }
}

const Value* Value::find(std::string_view key) const noexcept {
  const Object* const members = object();
  if (members == nullptr) return nullptr;
  for (const Member& member : *members) {
    if (member.key == key) return &member.value;
  }
  return nullptr;
}

int compare_numbers(const Value& a, const Value& b) noexcept {
  const Wide left = wide(a);
  const Wide right = wide(b);
  return left < right ? -1 : left > right ? 1 : 0;
}

bool operator==(const Value& a, const Value& b) {
  if (a.is_number() && b.is_number()) return wide(a) == wide(b);
  if (a.kind() != b.kind()) return false;
  if (const Value::Array* const items = a.array()) return *items == *b.array();
  if (const Value::Object* const members = a.object()) {
    return members->size() == b.object()->size() && same_members(*members, b);
  }
  if (const std::string* const text = a.text()) return *text == *b.text();
  if (const bool* const boolean = a.boolean()) return *boolean == *b.boolean();
  return true;
}

std::string_view kind_name(const Value& value) noexcept {
  switch (value.kind()) {
    case Value::Kind::null:
      return "null";
    case Value::Kind::boolean:
      return "true or false";
    case Value::Kind::integer:
    case Value::Kind::unsigned_integer:
      return "a whole number";
    case Value::Kind::number:
      return "a number";
    case Value::Kind::text:
      return "a string";
    case Value::Kind::array:
      return "a list";
    case Value::Kind::object:
      return "a mapping";
  }
  return "?";
}

std::string shown(const Value& value) {
  if (const std::string* const text = value.text()) return in_quotes(*text);
  if (value.is(Value::Kind::array)) return value.array()->empty() ? "[]" : "a list";
  if (value.is(Value::Kind::object)) return value.object()->empty() ? "{}" : "a mapping";
  return json_text(value);
}

}  // namespace penstock::plugin
