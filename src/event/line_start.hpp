// SPDX-License-Identifier: Apache-2.0
// line_start.hpp: what all events of one call site, thread, level and logger have in common, from
// behind the time to the first argument, kept ready: "[4711] INFO     orders book.cpp:36 filled ".
//
// Threads  one
// Bound    a table of fixed size; what finds no place takes that of another
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string_view>

#include "event/digits.hpp"
#include "event/event_parts.hpp"
#include "event/piece.hpp"

namespace penstock::event {

class LineStarts {
 public:
  static constexpr std::size_t most = 240;  // a longer one is not kept
  static constexpr std::size_t room = most + piece_padding;

  // Of an event with a plan and a logger_id. Empty when it is not known; no piece is.
  Piece find(const EventParts& parts) const noexcept {
    const Entry& entry = entries_[place_of(parts)];
    if (entry.plan != parts.plan || entry.thread_id != parts.thread_id ||
        entry.logger_id != parts.logger_id || entry.level != parts.level) {
      return {};
    }
    return {entry.text, entry.size};
  }

  // In parts. Nothing, when they are too long.
  void keep(const EventParts& parts, std::initializer_list<std::string_view> texts) noexcept {
    std::size_t size = 0;
    for (const std::string_view text : texts) size += text.size();
    if (size > most) return;
    Entry& entry = entries_[place_of(parts)];
    entry.plan = parts.plan;
    entry.thread_id = parts.thread_id;
    entry.logger_id = parts.logger_id;
    entry.level = parts.level;
    entry.size = static_cast<std::uint32_t>(size);
    char* to = entry.text;
    for (const std::string_view text : texts) to = put_text(to, text);
  }

 private:
  struct Entry {
    const Plan* plan = nullptr;
    std::uint64_t thread_id = 0;
    std::uint32_t logger_id = 0;
    std::uint32_t size = 0;
    Level level = Level::trace;
    char text[room] = {};
  };
  static constexpr int place_bits = 5;

  static std::size_t place_of(const EventParts& parts) noexcept {
    constexpr std::uint64_t golden = 0x9E3779B97F4A7C15u;
    const std::uint64_t key = reinterpret_cast<std::uintptr_t>(parts.plan) ^ parts.thread_id;
    return static_cast<std::size_t>(key * golden >> (64 - place_bits));
  }

  std::array<Entry, std::size_t{1} << place_bits> entries_{};
};

}  // namespace penstock::event
