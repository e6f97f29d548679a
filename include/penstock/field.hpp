// SPDX-License-Identifier: Apache-2.0
// field.hpp: typed key-value pairs that stay typed until a sink has them.
#pragma once

#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>

namespace penstock {

// What a field can hold. A view: text is not owned.
class Value {
 public:
  enum class Type : std::uint8_t { i64, u64, f64, boolean, text };

  constexpr Value() noexcept : Value(std::string_view{}) {}
  constexpr Value(std::int64_t value) noexcept : type_(Type::i64), i64_(value) {}
  constexpr Value(std::uint64_t value) noexcept : type_(Type::u64), u64_(value) {}
  constexpr Value(double value) noexcept : type_(Type::f64), f64_(value) {}
  constexpr Value(bool value) noexcept : type_(Type::boolean), boolean_(value) {}
  constexpr Value(std::string_view value) noexcept : type_(Type::text), text_(value) {}
  Value(const char*) = delete;  // would become bool; say std::string_view

  constexpr Type type() const noexcept { return type_; }
  // Each of these is for values of its own type only.
  constexpr std::int64_t i64() const noexcept { return i64_; }
  constexpr std::uint64_t u64() const noexcept { return u64_; }
  constexpr double f64() const noexcept { return f64_; }
  constexpr bool boolean() const noexcept { return boolean_; }
  constexpr std::string_view text() const noexcept { return text_; }

  friend constexpr bool operator==(const Value& a, const Value& b) noexcept {
    if (a.type_ != b.type_) return false;
    switch (a.type_) {
      case Type::i64:
        return a.i64_ == b.i64_;
      case Type::u64:
        return a.u64_ == b.u64_;
      case Type::f64:
        return a.f64_ == b.f64_;
      case Type::boolean:
        return a.boolean_ == b.boolean_;
      case Type::text:
        return a.text_ == b.text_;
    }
    return false;
  }

 private:
  Type type_;
  union {
    std::int64_t i64_;
    std::uint64_t u64_;
    double f64_;
    bool boolean_;
    std::string_view text_;
  };
};

// One field as a sink sees it, and as `Pipeline::submit` takes it.
struct FieldView {
  std::string_view key;
  Value value;

  friend constexpr bool operator==(const FieldView&, const FieldView&) noexcept = default;
};

// A key that is a string literal: only its address is written on the hot path.
class Key {
 public:
  template <std::size_t N>
  consteval Key(const char (&literal)[N]) : text_(literal) {
    static_assert(N > 1, "a field needs a key");
  }
  constexpr const char* text() const noexcept { return text_; }

 private:
  const char* text_;
};

// A key that is made at run time: its text is copied into the event.
struct TextKey {
  std::string_view text;
};
constexpr TextKey text_key(std::string_view text) noexcept { return {text}; }

namespace detail {

template <class T>
concept FieldInteger = std::integral<T> && !std::same_as<T, bool> && !std::same_as<T, char> &&
                       sizeof(T) <= sizeof(std::uint64_t);

// Widens what a caller passes to one of the five types that a Value has.
template <class T>
constexpr auto field_value(const T& value) noexcept {
  if constexpr (std::same_as<T, bool>) {
    return value;
  } else if constexpr (FieldInteger<T> && std::signed_integral<T>) {
    return static_cast<std::int64_t>(value);
  } else if constexpr (FieldInteger<T>) {
    return static_cast<std::uint64_t>(value);
  } else if constexpr (std::same_as<T, float> || std::same_as<T, double>) {
    return static_cast<double>(value);
  } else if constexpr (std::same_as<T, const char*> || std::same_as<T, char*>) {
    return value ? std::string_view(value) : std::string_view("(null)");
  } else {
    static_assert(std::convertible_to<const T&, std::string_view>,
                  "a field holds an integer, a floating-point number, a bool or text; "
                  "format other types first, for example with fmt::format");
    return static_cast<std::string_view>(value);
  }
}

}  // namespace detail

// A field on its way into an event; made by field(). Text is referred to, so pass it on in the
// same expression.
template <class KeyType, class ValueType>
struct Field {
  KeyType key;
  ValueType value;
};

// field("venue", venue): an integer (64 bits or less), float, double, bool, or text. [any]
template <class T>
constexpr auto field(Key key, const T& value) noexcept {
  using V = decltype(detail::field_value<std::decay_t<const T&>>(value));
  return Field<Key, V>{key, detail::field_value<std::decay_t<const T&>>(value)};
}
template <class T>
constexpr auto field(TextKey key, const T& value) noexcept {
  using V = decltype(detail::field_value<std::decay_t<const T&>>(value));
  return Field<TextKey, V>{key, detail::field_value<std::decay_t<const T&>>(value)};
}

}  // namespace penstock
