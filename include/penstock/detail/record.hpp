// SPDX-License-Identifier: Apache-2.0
// record.hpp: how an event stands in a block, and how the hot path writes it.
//
//   offset 0   u64 time stamp, in ticks
//          8   u64 address of the CallSite
//         16   u64 size in bytes (bits 0..31, a multiple of 8), level (32..34), flags (35..39),
//              logger id (40..63)
//         24   with flag has_context: u32 size, then that many bytes of context items
//              then the arguments of the call site, in order: 8 bytes for a scalar; u32 size and
//              bytes for text; the bytes of a deferred copy. A field's key comes before its value:
//              the 8-byte address of a literal, or u32 size and bytes.
#pragma once

#include <cstdint>
#include <cstring>
#include <string_view>
#include <type_traits>

#include "penstock/call_site.hpp"
#include "penstock/field.hpp"
#include "penstock/level.hpp"

#if defined(__x86_64__)
#include <x86intrin.h>
#else
#include <time.h>
#endif

namespace penstock::detail {

inline constexpr std::size_t record_header_bytes = 24;
inline constexpr std::uint64_t flag_has_context = 1ull << 35;
// The event is below its logger's level: accepted (it came through submit) and filtered.
inline constexpr std::uint64_t flag_suppressed = 1ull << 36;
// Arguments: the message as one text, formatted already; then fields as the call site says.
inline constexpr std::uint64_t flag_formatted = 1ull << 37;
// Arguments: the message as one text and nothing else; the call site gives the place only.
inline constexpr std::uint64_t flag_text_only = 1ull << 38;

// ---- context items: u8 kind, then as said ------------------------------------------------------
enum class ContextItem : std::uint8_t {
  destinations,  // u64 bit per sink, u32 names that no sink has
  tag,           // text
  event,         // text
  trace,         // 16 bytes, 8 bytes
  field,         // text, u8 Value::Type, 8 bytes or text
  logger,        // text: the name of a logger that has no id
  time,          // i64 nanoseconds since 1970, in place of the time stamp
  truncated,     // u64 bytes that were cut off
  dead_letter,   // nothing: as `as_is`, and the fields dead_letter_... are there already
  as_is,         // nothing: it goes where its destinations say, whatever levels and triggers say
};

// [any] Never waits. Ticks of an invariant time-stamp counter, or nanoseconds where there is none.
inline std::uint64_t ticks() noexcept {
#if defined(__x86_64__)
  return __rdtsc();
#else
  timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<std::uint64_t>(now.tv_sec) * 1'000'000'000u +
         static_cast<std::uint64_t>(now.tv_nsec);
#endif
}

inline void store64(std::byte* to, std::uint64_t value) noexcept { std::memcpy(to, &value, 8); }

template <class T>
std::uint64_t scalar_bits(T value) noexcept {
  std::uint64_t bits = 0;
  if constexpr (std::is_floating_point_v<T>) {
    std::memcpy(&bits, &value, sizeof value);
  } else if constexpr (std::is_same_v<T, std::nullptr_t>) {
    bits = 0;
  } else if constexpr (std::is_pointer_v<T>) {
    bits = reinterpret_cast<std::uintptr_t>(value);
  } else if constexpr (std::is_signed_v<T>) {
    bits = static_cast<std::uint64_t>(static_cast<std::int64_t>(value));
  } else {
    bits = static_cast<std::uint64_t>(value);
  }
  return bits;
}

// Copies a text of any length. Short ones, the usual case, without a call: two overlapping moves.
[[gnu::always_inline]] inline void copy_text(std::byte* to, const char* from,
                                             std::size_t size) noexcept {
  if (size >= 16) [[likely]] {
    if (size <= 32) {
      __builtin_memcpy(to, from, 16);
      __builtin_memcpy(to + size - 16, from + size - 16, 16);
      return;
    }
    if (size <= 64) {
      __builtin_memcpy(to, from, 32);
      __builtin_memcpy(to + size - 32, from + size - 32, 32);
      return;
    }
    std::memcpy(to, from, size);
    return;
  }
  if (size >= 8) {
    __builtin_memcpy(to, from, 8);
    __builtin_memcpy(to + size - 8, from + size - 8, 8);
  } else if (size >= 4) {
    __builtin_memcpy(to, from, 4);
    __builtin_memcpy(to + size - 4, from + size - 4, 4);
  } else {
    for (std::size_t i = 0; i < size; ++i) to[i] = static_cast<std::byte>(from[i]);
  }
}

// What stands in for an argument between the call and its bytes: text is measured once.
template <class T>
auto prepare(const T& value) noexcept {
  if constexpr (is_field<T>) {
    return value;
  } else if constexpr (Deferred<T>) {
    return &value;
  } else if constexpr (std::is_array_v<T>) {
    return std::string_view(static_cast<const char*>(value));
  } else if constexpr (std::is_same_v<T, const char*> || std::is_same_v<T, char*>) {
    return value ? std::string_view(value) : std::string_view("(null)");
  } else if constexpr (NativeText<T>) {
    return std::string_view(value);
  } else {
    return value;
  }
}

template <class T>
constexpr std::size_t encoded_size(const T& value) noexcept {
  if constexpr (is_field<T>) {
    if constexpr (std::is_same_v<decltype(value.key), TextKey>) {
      return 4 + value.key.text.size() + encoded_size(value.value);
    } else {
      return 8 + encoded_size(value.value);
    }
  } else if constexpr (std::is_same_v<T, std::string_view>) {
    return 4 + value.size();
  } else if constexpr (std::is_pointer_v<T> && !std::is_void_v<std::remove_pointer_t<T>>) {
    return sizeof(std::remove_pointer_t<T>);  // a deferred copy
  } else {
    return 8;
  }
}

template <class T>
[[gnu::always_inline]] inline std::byte* encode(std::byte* to, const T& value) noexcept {
  if constexpr (is_field<T>) {
    if constexpr (std::is_same_v<decltype(value.key), TextKey>) {
      to = encode(to, value.key.text);
    } else {
      store64(to, reinterpret_cast<std::uintptr_t>(value.key.text()));
      to += 8;
    }
    return encode(to, value.value);
  } else if constexpr (std::is_same_v<T, std::string_view>) {
    const auto size = static_cast<std::uint32_t>(value.size());
    std::memcpy(to, &size, 4);
    copy_text(to + 4, value.data(), value.size());
    return to + 4 + value.size();
  } else if constexpr (std::is_pointer_v<T> && !std::is_void_v<std::remove_pointer_t<T>>) {
    std::memcpy(to, value, sizeof *value);
    return to + sizeof *value;
  } else {
    store64(to, scalar_bits(value));
    return to + 8;
  }
}

}  // namespace penstock::detail
