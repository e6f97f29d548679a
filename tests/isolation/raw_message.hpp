// SPDX-License-Identifier: Apache-2.0
// raw_message.hpp: messages as bytes, true and false ones.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <random>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "isolation/messages.hpp"

namespace penstock::isolation::test {

using Bytes = std::vector<std::byte>;

// With the sizes that belong to it, unless they are given.
inline Bytes raw(MessageHead head, const std::vector<std::uint32_t>& positions = {},
                 std::string_view text = {}) {
  if (head.position_count == 0) {
    head.position_count = static_cast<std::uint32_t>(positions.size());
  }
  if (head.text_size == 0) head.text_size = static_cast<std::uint32_t>(text.size());
  const std::size_t position_bytes = positions.size() * sizeof(std::uint32_t);
  Bytes bytes(sizeof head + position_bytes + text.size());
  std::memcpy(bytes.data(), &head, sizeof head);
  if (!positions.empty()) {
    std::memcpy(bytes.data() + sizeof head, positions.data(), position_bytes);
  }
  if (!text.empty()) {
    std::memcpy(bytes.data() + sizeof head + position_bytes, text.data(), text.size());
  }
  return bytes;
}

struct Malformed {
  const char* name;
  Bytes bytes;
  const char* reason;
};
inline std::ostream& operator<<(std::ostream& out, const Malformed& one) { return out << one.name; }

inline std::vector<Malformed> malformed() {
  const std::string long_text(message_text_max + 1, 'x');
  return {
      {"one_byte", Bytes(1), "a message of 1 bytes"},
      {"half_a_head", Bytes(24), "a message of 24 bytes"},
      {"too_long", Bytes(message_bytes_max + 1), "a message of 65537 bytes"},
      {"kind_zero", raw({.kind = 0}), "the kind 0, which there is not"},
      {"kind_unknown", raw({.kind = 10}), "the kind 10"},
      {"kind_huge", raw({.kind = UINT32_MAX}), "the kind 4294967295"},
      {"status_unknown", raw({.kind = 6, .status = 5}), "the status 5"},
      {"status_of_a_report", raw({.kind = 8, .status = 1}), "the status 1"},
      {"settled_as_pending", raw({.kind = 7, .status = 3}), "the status 3"},
      {"needs_unknown", raw({.kind = 1, .status = 4}), "the status 4"},
      {"pause_in_the_past", raw({.kind = 6, .status = 1, .after_ns = -1}), "a pause of -1 ns"},
      {"text_missing", raw({.kind = 8, .text_size = 9}), "9 bytes of text"},
      {"text_beyond", raw({.kind = 8, .text_size = 1}, {}, "xx"), "1 bytes of text"},
      {"text_huge", raw({.kind = 8, .text_size = UINT32_MAX}), "4294967295 bytes of text"},
      {"text_too_long", raw({.kind = 8}, {}, long_text), "8193 bytes of text"},
      {"positions_missing", raw({.kind = 5, .position_count = 3}, {}), "3 positions"},
      {"positions_huge", raw({.kind = 5, .position_count = UINT32_MAX}), "4294967295 positions"},
      {"positions_of_an_answer", raw({.kind = 6, .status = 2}, {1}), "positions in a message"},
  };
}

// Likely to be near what is right: a head of small numbers, and now and then something else.
template <class Random>
Bytes random_message(Random& random) {
  const auto small = [&] { return random() % 16 == 0 ? random() : random() % 6; };
  const std::vector<std::uint32_t> positions(random() % 8 == 0 ? random() % 6 : 0,
                                             static_cast<std::uint32_t>(random() % 5));
  MessageHead head{.kind = static_cast<std::uint32_t>(random() % 11),
                   .status = static_cast<std::uint32_t>(small()),
                   .number = small(),
                   .value = small(),
                   .after_ns = static_cast<std::int64_t>(small()),
                   .settled = small()};
  if (random() % 4 != 0 && !positions.empty()) head.kind = 5;
  Bytes bytes = raw(head, positions, std::string(random() % 3, 'x'));
  if (random() % 8 == 0) bytes.resize(random() % (bytes.size() + 8));
  if (random() % 8 == 0 && !bytes.empty()) bytes[random() % bytes.size()] ^= std::byte{0x10};
  return bytes;
}

}  // namespace penstock::isolation::test
