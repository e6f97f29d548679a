// SPDX-License-Identifier: Apache-2.0
// value.hpp: a tree of values: what a manifest holds, and what a sink's options are, whatever
// language they were written in.
//
// Threads  a value; const functions [any]
// Bound    none of its own: who makes one bounds its depth, for its users walk it by recursion
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace penstock::plugin {

struct Member;

struct Value {
  using Array = std::vector<Value>;
  using Object = std::vector<Member>;  // in the order of the file; keys are unique

  enum class Kind : std::uint8_t {
    null,
    boolean,
    integer,
    unsigned_integer,
    number,
    text,
    array,
    object
  };

  // In the source file: here the variant is not complete yet, for want of Member.
  Value() noexcept;
  Value(bool value);
  Value(int value);
  Value(std::int64_t value);
  // Numbers that an int64 holds are int64, so that equal numbers are of one kind.
  Value(std::uint64_t value);
  Value(double value);
  Value(std::string value);
  Value(const char* value);
  Value(Array value);
  Value(Object value);

  Kind kind() const noexcept { return static_cast<Kind>(data.index()); }
  bool is(Kind kind) const noexcept { return this->kind() == kind; }
  bool is_integer() const noexcept { return is(Kind::integer) || is(Kind::unsigned_integer); }
  bool is_number() const noexcept { return is_integer() || is(Kind::number); }

  // Null unless it is of that kind.
  const std::string* text() const noexcept { return std::get_if<std::string>(&data); }
  const bool* boolean() const noexcept { return std::get_if<bool>(&data); }
  const Array* array() const noexcept { return std::get_if<Array>(&data); }
  const Object* object() const noexcept { return std::get_if<Object>(&data); }
  // The member of an object; null when there is none, or this is no object.
  const Value* find(std::string_view key) const noexcept;

  std::variant<std::monostate, bool, std::int64_t, std::uint64_t, double, std::string, Array,
               Object>
      data;
  // Where it stands, counted from 1; 0: not known.
  int line = 0;
  int column = 0;
};

struct Member {
  std::string key;
  Value value;
  int line = 0;  // of the key
  int column = 0;
};

// Numbers are compared exactly, whatever their kinds; places and the order of members do not count.
bool operator==(const Value& a, const Value& b);

// -1, 0 or 1; of two numbers. A NaN is equal to all.
int compare_numbers(const Value& a, const Value& b) noexcept;

// "a string", "a whole number", ... as messages call it.
std::string_view kind_name(const Value& value) noexcept;

// For messages: text in quotes, numbers as they are, [...] and {...} for the rest.
std::string shown(const Value& value);

}  // namespace penstock::plugin
