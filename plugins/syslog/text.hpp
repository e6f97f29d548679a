// SPDX-License-Identifier: Apache-2.0
// text.hpp: any bytes as the parts of a syslog message: nothing that an event holds can end the
// part that it stands in, or begin another one.
//
// Threads  any; pure functions
// Errors   none: what cannot stand somewhere is replaced there
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "bytes.hpp"

namespace penstock::syslog {

// What becomes of control characters. Kept where the length says where a message ends; where a line
// break ends it, they are written as \n, \r, \t, \x1b or \u2028.
enum class Controls { keep, escape };

// A field of the header: visible ASCII, any other byte becomes '_'; cut at `max`; "-" when empty.
void append_header(Bytes& out, std::string_view text, std::size_t max);
// The TAG of RFC 3164 and what stands in brackets behind it: as a header, without "[]:".
void append_tag(Bytes& out, std::string_view text, std::size_t max);
// Of the name of a parameter no more is written.
inline constexpr std::size_t sd_name_max = 32;
// The name of a parameter: as a header, without `="]` and up to 32 characters; "_" when empty.
void append_sd_name(Bytes& out, std::string_view text);
// The value of a parameter, for between its quotes: `"`, `\` and `]` escaped.
void append_sd_value(Bytes& out, std::string_view text, Controls controls);
// The message, as far as it fits into `max` bytes: no character and no escape is torn. Bytes that
// are no UTF-8 become U+FFFD. Returns how much of the text was taken.
std::size_t append_text(Bytes& out, std::string_view text, Controls controls,
                        std::size_t max = SIZE_MAX);

// How an SD-ID has to look: 1 .. 32 visible characters without `="]`.
bool is_sd_name(std::string_view text) noexcept;
// Bytes of the character at the beginning of `text`, which is not empty; 0: it is no UTF-8.
std::size_t character_bytes(std::string_view text) noexcept;

}  // namespace penstock::syslog
