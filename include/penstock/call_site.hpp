// SPDX-License-Identifier: Apache-2.0
// call_site.hpp: the static half of an event: format string, place in the source, argument types.
//
// Each log call in the source has one CallSite, a constant-initialised static of its own. It is
// filled on first use; events refer to it by address. Code that has logged must therefore stay
// loaded until the pipeline has been flushed.
#pragma once

#include <atomic>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>

#include <fmt/core.h>

#include "penstock/export.hpp"
#include "penstock/field.hpp"

namespace penstock {

// Opt-in for user types: the bytes of a value are copied into the event and formatted by the
// worker, with the type's fmt formatter. The type must be trivially copyable and must not refer to
// anything that may be gone by then.
//   template <> inline constexpr bool penstock::deferred_copy<Point> = true;
template <class T>
inline constexpr bool deferred_copy = false;

namespace detail {

enum class ArgType : std::uint8_t { i64, u64, f64, f32, boolean, character, text, pointer, custom };

// Formats the value at `bytes` after `spec` ("{}", "{:>10}") and appends it to `out`. May throw.
using CustomFormat = void (*)(const std::byte* bytes, std::string_view spec, std::string& out);

// How one argument of a call stands in the event.
struct ArgSpec {
  ArgType type;
  bool is_field = false;    // preceded by a key: the address of a literal, or
  bool copied_key = false;  // a text
  std::uint32_t size = 0;   // of a custom type's bytes
  CustomFormat custom = nullptr;
};

// [S1] All members are written by register_call_site() with the same values whoever calls it, and
//      published by the release store of `format`. Readers: producers (is it filled?) and workers.
struct CallSite {
  std::atomic<const char*> format{nullptr};
  std::atomic<std::uint32_t> format_size{0};
  std::atomic<std::uint32_t> line{0};
  std::atomic<const char*> file{nullptr};
  std::atomic<const char*> function{nullptr};
  std::atomic<const ArgSpec*> args{nullptr};
  std::atomic<std::uint32_t> arg_count{0};
  // [S2] What the workers made of it: set once, by compare-and-swap.
  std::atomic<const void*> plan{nullptr};
};

struct Place {
  const char* file;
  const char* function;
  std::uint32_t line;
};

// ---- argument types -------------------------------------------------------------------------

template <class T>
struct IsField : std::false_type {};
template <class K, class V>
struct IsField<Field<K, V>> : std::true_type {};
template <class T>
inline constexpr bool is_field = IsField<std::remove_cvref_t<T>>::value;

template <class T>
concept NativeText = std::convertible_to<const T&, std::string_view> &&
    (std::same_as<T, std::string> || std::same_as<T, std::string_view> ||
     std::same_as<T, const char*> || std::same_as<T, char*>);

template <class T>
concept NativeScalar =
    (std::integral<T> && sizeof(T) <= 8 && !std::same_as<T, wchar_t> && !std::same_as<T, char8_t> &&
     !std::same_as<T, char16_t> && !std::same_as<T, char32_t>) ||
    std::same_as<T, float> || std::same_as<T, double> || std::same_as<T, void*> ||
    std::same_as<T, const void*> || std::same_as<T, std::nullptr_t>;

template <class T>
concept Deferred = deferred_copy<T>;

// Types that an event carries as they are. All others are formatted by the caller.
template <class T>
concept Encodable = NativeText<T> || NativeScalar<T> || Deferred<T>;

template <class T>
inline constexpr bool encodes_in_place =
    is_field<T> || Encodable<std::decay_t<std::remove_cvref_t<T>>>;

template <class T>
consteval ArgType arg_type() {
  if constexpr (Deferred<T>)
    return ArgType::custom;
  else if constexpr (NativeText<T>)
    return ArgType::text;
  else if constexpr (std::same_as<T, bool>)
    return ArgType::boolean;
  else if constexpr (std::same_as<T, char>)
    return ArgType::character;
  else if constexpr (std::same_as<T, float>)
    return ArgType::f32;
  else if constexpr (std::same_as<T, double>)
    return ArgType::f64;
  else if constexpr (std::signed_integral<T>)
    return ArgType::i64;
  else if constexpr (std::unsigned_integral<T>)
    return ArgType::u64;
  else
    return ArgType::pointer;
}

template <class T>
void format_custom(const std::byte* bytes, std::string_view spec, std::string& out) {
  alignas(T) std::byte copy[sizeof(T)];
  __builtin_memcpy(copy, bytes, sizeof(T));
  const T& value = *reinterpret_cast<const T*>(copy);
  out += fmt::vformat(fmt::string_view(spec.data(), spec.size()), fmt::make_format_args(value));
}

template <class T>
consteval ArgSpec arg_spec() {
  using D = std::decay_t<T>;
  if constexpr (is_field<D>) {
    using V = decltype(D::value);
    return {.type = arg_type<V>(),
            .is_field = true,
            .copied_key = std::same_as<decltype(D::key), TextKey>};
  } else if constexpr (Deferred<D>) {
    static_assert(std::is_trivially_copyable_v<D>, "deferred_copy needs a trivially copyable type");
    return {.type = ArgType::custom, .size = sizeof(D), .custom = &format_custom<D>};
  } else {
    return {.type = arg_type<D>()};
  }
}

template <class... Args>
struct ArgSpecs {
  static constexpr ArgSpec table[sizeof...(Args) + 1] = {arg_spec<Args>()..., {ArgType::text}};
};

// ---- format strings -------------------------------------------------------------------------

template <class... Ts>
struct TypeList {};

// The arguments that are not fields, as references to const, as fmt wants them.
template <class List, class... Args>
struct MessageArgs;
template <class... Kept>
struct MessageArgs<TypeList<Kept...>> {
  using Type = fmt::format_string<Kept...>;
  static constexpr std::size_t count = sizeof...(Kept);
};
template <class... Kept, class First, class... Rest>
struct MessageArgs<TypeList<Kept...>, First, Rest...>
    : std::conditional_t<
          is_field<First>, MessageArgs<TypeList<Kept...>, Rest...>,
          MessageArgs<TypeList<Kept..., const std::remove_cvref_t<First>&>, Rest...>> {};

// Not constexpr: a call in a constant expression is the compile-time error.
inline void format_string_has_fewer_placeholders_than_arguments() {}

// fmt accepts arguments that no placeholder uses; here they are most likely a mistake. Placeholders
// within specifications ("{:>{}}") take arguments as well.
template <std::size_t N>
consteval void check_all_used(const char (&text)[N], std::size_t arguments) {
  std::size_t automatic = 0;
  std::size_t numbered = 0;  // the highest number, and one more
  for (std::size_t i = 0; i + 1 < N; ++i) {
    if (text[i] != '{') continue;
    const char next = text[i + 1];
    if (next == '{') {
      ++i;
    } else if (next == '}' || next == ':') {
      ++automatic;
    } else {
      std::size_t number = 0;
      for (std::size_t k = i + 1; k < N && text[k] >= '0' && text[k] <= '9'; ++k) {
        number = number * 10 + static_cast<std::size_t>(text[k] - '0');
      }
      if (number + 1 > numbered) numbered = number + 1;
    }
  }
  if ((automatic > numbered ? automatic : numbered) < arguments) {
    format_string_has_fewer_placeholders_than_arguments();
  }
}

template <class... Args>
class FormatString {
 public:
  template <std::size_t N>
  consteval FormatString(const char (&text)[N],
                         const char* file = __builtin_FILE(),  // clang 14: no source_location
                         const char* function = __builtin_FUNCTION(),
                         std::uint32_t line = __builtin_LINE())
      : text_(text),
        size_(static_cast<std::uint32_t>(std::char_traits<char>::length(text))),
        place_{file, function, line} {
    using Message = MessageArgs<TypeList<>, Args...>;
    (void)typename Message::Type(text);
    check_all_used(text, Message::count);
  }
#if defined(__clang__)
  // Not trivial, for the sake of clang 14: a consteval constructor makes it forget that temporaries
  // made before it, such as the logger of log.tag("t").info(..), end with the call. It kept them to
  // the end of the block, and ended them there even if a case label had jumped over the call.
  // Having to destroy this object reminds it (CallSiteTest.TemporariesOfACallEndWithTheCall).
  constexpr ~FormatString() {}  // NOLINT(modernize-use-equals-default)
#endif

  constexpr const char* text() const noexcept { return text_; }
  constexpr std::uint32_t size() const noexcept { return size_; }
  constexpr Place place() const noexcept { return place_; }

 private:
  const char* text_;
  std::uint32_t size_;
  Place place_;
};

// How a call's arguments stand in its events: one by one, or, when one of them has no encoding of
// its own, as the message that the caller made of them, and then the fields.
struct ArgList {
  const ArgSpec* table;
  std::uint32_t count;
};
template <class List, class... Args>
struct FieldsOf;
template <class... Fields>
struct FieldsOf<TypeList<Fields...>> {
  static constexpr ArgList formatted = {ArgSpecs<std::string_view, Fields...>::table,
                                        1 + sizeof...(Fields)};
};
template <class... Fields, class First, class... Rest>
struct FieldsOf<TypeList<Fields...>, First, Rest...>
    : std::conditional_t<is_field<First>, FieldsOf<TypeList<Fields..., First>, Rest...>,
                         FieldsOf<TypeList<Fields...>, Rest...>> {};
template <class... Args>
consteval ArgList arg_list() {
  if constexpr ((encodes_in_place<Args> && ...)) {
    return {ArgSpecs<Args...>::table, sizeof...(Args)};
  } else {
    return FieldsOf<TypeList<>, Args...>::formatted;
  }
}

// Fills `site`. Any number of threads may do so at once: they write the same values. [any]
PENSTOCK_EXPORT void register_call_site(CallSite& site, const char* format,
                                        std::uint32_t format_size, Place place,
                                        ArgList args) noexcept;

// The site of a call that has no object of its own, found by its place and format; null when there
// is no memory for it. Never waits. [any]
PENSTOCK_EXPORT CallSite* find_call_site(const char* format, std::uint32_t format_size, Place place,
                                         ArgList args) noexcept;

}  // namespace detail
}  // namespace penstock
