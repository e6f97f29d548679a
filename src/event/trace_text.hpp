// SPDX-License-Identifier: Apache-2.0
// trace_text.hpp: trace and span ids in hexadecimal.
#pragma once

#include <cstddef>

#include "event/digits.hpp"
#include "penstock/sink.hpp"

namespace penstock::event {

inline constexpr std::size_t trace_id_room = 32;
inline constexpr std::size_t span_id_room = 16;

inline char* put_trace_id(char* to, const TraceContext& trace) noexcept {
  for (const std::uint8_t byte : trace.trace_id) to = put_hex_byte(to, byte);
  return to;
}

inline char* put_span_id(char* to, const TraceContext& trace) noexcept {
  for (const std::uint8_t byte : trace.span_id) to = put_hex_byte(to, byte);
  return to;
}

}  // namespace penstock::event
