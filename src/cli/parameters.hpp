// SPDX-License-Identifier: Apache-2.0
// parameters.hpp: the keys of a JSON line that are not fields.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace penstock::cli {

enum class Parameter {
  none,
  message,
  level,
  logger,
  event,
  destinations,
  tags,
  timestamp,
  trace_id,
  span_id,
};

// [any]
Parameter parameter_of(std::string_view key) noexcept;

// Hexadecimal digits as bytes; false when they are not exactly as many, or all zero. [any]
bool read_hex(std::string_view text, std::span<std::uint8_t> bytes) noexcept;

}  // namespace penstock::cli
