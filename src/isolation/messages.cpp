// SPDX-License-Identifier: Apache-2.0
#include "isolation/messages.hpp"

#include <cstring>

#include <fmt/format.h>

#include "penstock/plugin/abi.h"
#include "plugin/words.hpp"

namespace penstock::isolation {
namespace {

Error wrong(std::string what) { return {.message = std::move(what)}; }

// What the status may be, by kind.
bool status_fits(Kind kind, std::uint32_t status) {
  switch (kind) {
    case Kind::made:
      return (status & ~std::uint32_t{PENSTOCK_NEEDS_EVENTS | PENSTOCK_NEEDS_ENCODED}) == 0;
    case Kind::answer:
      return status <= PENSTOCK_WRITE_FATAL;
    case Kind::settle:
      return status <= PENSTOCK_WRITE_FATAL && status != PENSTOCK_WRITE_PENDING;
    default:
      return status == 0;
  }
}

// Escaped it may be longer: it is cut where it is.
std::string shown(std::string_view text) {
  std::string line = plugin::one_line(text);
  if (line.size() <= message_text_max) return line;
  constexpr std::string_view cut = "...";
  std::size_t end = message_text_max - cut.size();
  while (end > 0 && (static_cast<unsigned char>(line[end]) & 0xC0U) == 0x80U) --end;
  line.resize(end);
  return line += cut;
}

}  // namespace

Result<Message> parse_message(std::span<const std::byte> bytes) {
  MessageHead head;
  if (bytes.size() < sizeof head || bytes.size() > message_bytes_max) {
    return wrong(fmt::format("a message of {} bytes", bytes.size()));
  }
  std::memcpy(&head, bytes.data(), sizeof head);
  const auto kind = static_cast<Kind>(head.kind);
  if (kind < Kind::made || kind > Kind::figure) {
    return wrong(fmt::format("a message of the kind {}, which there is not", head.kind));
  }
  if (!status_fits(kind, head.status)) {
    return wrong(fmt::format("the status {} in a message of the kind {}", head.status, head.kind));
  }
  if (head.after_ns < 0) return wrong(fmt::format("a pause of {} ns", head.after_ns));
  // Each is below 2^32, so the sum does not overflow.
  const std::size_t size =
      sizeof head + std::size_t{head.position_count} * sizeof(std::uint32_t) + head.text_size;
  if (size != bytes.size() || head.text_size > message_text_max) {
    return wrong(fmt::format("{} positions and {} bytes of text in a message of {} bytes",
                             head.position_count, head.text_size, bytes.size()));
  }
  if (head.position_count != 0 && kind != Kind::positions) {
    return wrong(fmt::format("positions in a message of the kind {}", head.kind));
  }
  Message message{.kind = kind,
                  .status = head.status,
                  .number = head.number,
                  .value = head.value,
                  .after_ns = head.after_ns,
                  .settled = head.settled};
  const std::byte* at = bytes.data() + sizeof head;
  message.positions.resize(head.position_count);
  if (head.position_count != 0) {
    std::memcpy(message.positions.data(), at, head.position_count * sizeof(std::uint32_t));
  }
  at += head.position_count * sizeof(std::uint32_t);
  const std::string_view text(reinterpret_cast<const char*>(at), head.text_size);
  message.text = kind == Kind::refused ? std::string(text) : shown(text);
  return message;
}

}  // namespace penstock::isolation
