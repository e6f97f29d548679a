// SPDX-License-Identifier: Apache-2.0
// message.hpp: the message of an event.
//
// Errors  A formatter that throws does not cost the event: its message is then
//         "[format error: what] " and the format string. std::bad_alloc goes through.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/buffer.hpp"
#include "event/escape.hpp"
#include "event/event_parts.hpp"
#include "event/fields.hpp"

namespace penstock::event {

// Memory that is used again from event to event.
struct MessageScratch {
  base::Buffer raw{};
  std::string custom{};
};

// The message, when it is in the event as it is: nothing has to be formatted.
bool ready_message(const EventParts& parts, std::string_view& message);

// Appends the message, byte for byte what fmt::format makes of the call.
void format_message(const EventParts& parts, base::Buffer& out);

// Appends the message, escaped.
template <Escape escape>
void write_message(const EventParts& parts, base::Buffer& out, MessageScratch& scratch);

// What follows a message that was cut: " [truncated 123 bytes]".
void append_truncated_mark(std::uint64_t bytes, base::Buffer& out);

}  // namespace penstock::event
