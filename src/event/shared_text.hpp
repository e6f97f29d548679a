// SPDX-License-Identifier: Apache-2.0
// shared_text.hpp: the piece of a line that all events of one call site, thread, level and logger
// have in common, kept ready: "[4711] INFO     orders.book book.cpp:36".
//
// Threads  one
// Bound    a table of fixed size; what finds no place takes that of another
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "event/event_parts.hpp"
#include "event/piece.hpp"

namespace penstock::event {

class SharedText {
 public:
  // What it may write behind where it is told to.
  static constexpr std::size_t room = 128;

  // Null when it is not known.
  char* put(char* to, const EventParts& parts) const noexcept {
    const Entry& entry = entries_[place_of(parts)];
    if (entry.plan != parts.plan || entry.thread_id != parts.thread_id ||
        entry.logger_id != parts.logger_id || entry.level != parts.level) {
      return nullptr;
    }
    return put_piece(to, {entry.text, entry.size});
  }

  // Of an event with a plan and a logger_id. A long one is not kept.
  void keep(const EventParts& parts, std::string_view text) noexcept {
    if (text.size() > room - piece_padding) return;
    Entry& entry = entries_[place_of(parts)];
    entry.plan = parts.plan;
    entry.thread_id = parts.thread_id;
    entry.logger_id = parts.logger_id;
    entry.level = parts.level;
    entry.size = static_cast<std::uint32_t>(text.size());
    if (!text.empty()) std::memcpy(entry.text, text.data(), text.size());
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
