// SPDX-License-Identifier: Apache-2.0
// view.hpp: events as structured sinks see them, and the memory that they refer to.
//
// Threads  one at a time
// Bound    the bytes of the events between two clear(); clear() keeps a little
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "event/message.hpp"
#include "penstock/sink.hpp"

namespace penstock::event {

class ViewArena {
 public:
  // Copies all that may go away before clear(): the events may refer to memory that is used again
  // for the next one. A message that was cut says so at its end.
  void add(const EventParts& parts);
  // The events since clear(), in the order of add(). Valid until the next add() or clear(); what
  // each of them refers to stays until clear().
  EventRange views() const noexcept { return {views_.data(), views_.size()}; }
  std::span<const penstock_event> events() const noexcept { return views_; }
  std::size_t size() const noexcept { return views_.size(); }
  // Bytes in use.
  std::size_t bytes() const noexcept { return bytes_; }
  void clear() noexcept;

 private:
  struct Chunk {
    std::unique_ptr<std::byte[]> memory;
    std::size_t size;
  };

  void* allocate(std::size_t bytes);
  penstock_text copy(std::string_view text);
  template <class T>
  T* allocate_array(std::size_t count);
  void add_fields(const EventParts& parts, penstock_event& view);
  void add_tags(const EventParts& parts, penstock_event& view);
  const penstock_trace* copy_trace(const TraceContext& trace);

  std::vector<penstock_event> views_{};
  std::vector<Chunk> chunks_{};
  std::size_t used_ = 0;  // of the last chunk
  std::size_t bytes_ = 0;
  std::vector<FieldView> fields_{};
  MessageScratch scratch_{};
};

// Adds the event to `arena` and gives its view.
inline EventView make_view(const EventParts& parts, ViewArena& arena) {
  arena.add(parts);
  return arena.views().back();
}

}  // namespace penstock::event
