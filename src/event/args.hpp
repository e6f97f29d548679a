// SPDX-License-Identifier: Apache-2.0
// args.hpp: the arguments of a record, one after the other.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "event/plan.hpp"
#include "event/record.hpp"
#include "penstock/field.hpp"

namespace penstock::event {

// Reads in the order of the plan's steps. The record is one that the hot path wrote.
class ArgReader {
 public:
  explicit ArgReader(const std::byte* args) noexcept : at_(args) {}

  std::uint64_t u64() noexcept {
    const std::uint64_t value = load64(at_);
    at_ += 8;
    return value;
  }
  std::int64_t i64() noexcept { return static_cast<std::int64_t>(u64()); }
  bool boolean() noexcept { return u64() != 0; }
  char character() noexcept { return static_cast<char>(u64()); }
  double f64() noexcept {
    double value;
    std::memcpy(&value, at_, sizeof value);
    at_ += 8;
    return value;
  }
  float f32() noexcept {
    float value;
    std::memcpy(&value, at_, sizeof value);
    at_ += 8;
    return value;
  }
  std::string_view text() noexcept {
    const std::uint32_t size = load32(at_);
    const auto* const data = reinterpret_cast<const char*>(at_ + 4);
    at_ += 4 + std::size_t{size};
    return {data, size};
  }
  const std::byte* bytes(std::size_t size) noexcept {
    const std::byte* const from = at_;
    at_ += size;
    return from;
  }

  // Where the next one begins.
  const std::byte* position() const noexcept { return at_; }

  FieldView field(const ArgStep& step) noexcept {
    std::string_view key;
    if (step.copied_key) {
      key = text();
    } else {
      key = reinterpret_cast<const char*>(u64());
    }
    return {key, field_value(step.type)};
  }

  void skip(const ArgStep& step) noexcept {
    if (step.is_field) {
      if (step.copied_key) {
        text();
      } else {
        at_ += 8;
      }
    }
    if (step.type == detail::ArgType::text) {
      text();
    } else {
      at_ += step.type == detail::ArgType::custom ? step.size : 8;
    }
  }

 private:
  Value field_value(detail::ArgType type) noexcept {
    switch (type) {
      case detail::ArgType::i64:
        return i64();
      case detail::ArgType::u64:
        return u64();
      case detail::ArgType::f64:
        return f64();
      case detail::ArgType::boolean:
        return boolean();
      default:
        return text();  // a field has no other type
    }
  }

  const std::byte* at_;
};

}  // namespace penstock::event
