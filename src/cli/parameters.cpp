// SPDX-License-Identifier: Apache-2.0
#include "cli/parameters.hpp"

#include <cstddef>

namespace penstock::cli {

Parameter parameter_of(std::string_view key) noexcept {
  switch (key.size()) {
    case 4:
      return key == "tags" ? Parameter::tags : Parameter::none;
    case 5:
      if (key == "level") return Parameter::level;
      return key == "event" ? Parameter::event : Parameter::none;
    case 6:
      return key == "logger" ? Parameter::logger : Parameter::none;
    case 7:
      if (key == "message") return Parameter::message;
      return key == "span_id" ? Parameter::span_id : Parameter::none;
    case 8:
      return key == "trace_id" ? Parameter::trace_id : Parameter::none;
    case 9:
      return key == "timestamp" ? Parameter::timestamp : Parameter::none;
    case 12:
      return key == "destinations" ? Parameter::destinations : Parameter::none;
    default:
      return Parameter::none;
  }
}

bool read_hex(std::string_view text, std::span<std::uint8_t> bytes) noexcept {
  if (text.size() != 2 * bytes.size()) return false;
  const auto digit = [](char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
  };
  int any = 0;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const int high = digit(text[2 * i]);
    const int low = digit(text[2 * i + 1]);
    if (high < 0 || low < 0) return false;
    bytes[i] = static_cast<std::uint8_t>(high << 4 | low);
    any |= bytes[i];
  }
  return any != 0;
}

}  // namespace penstock::cli
