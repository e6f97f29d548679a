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
  // Bytes that are kept, in use or not.
  std::size_t capacity() const noexcept;
  // Keeps the memory for events like these.
  void clear() noexcept;
  // Clears it, and gives back the memory but for some.
  void shrink() noexcept;
  bool can_shrink() const noexcept { return chunks_.size() > 1; }

 private:
  struct Chunk {
    std::unique_ptr<std::byte[]> memory;
    std::size_t size;
  };

  void fill(const EventParts& parts, penstock_event& view);
  void* allocate(std::size_t bytes);
  void next_chunk(std::size_t bytes);
  penstock_text copy(std::string_view text);
  penstock_text copy_message(const EventParts& parts);
  template <class T>
  T* allocate_array(std::size_t count);
  void add_fields(const EventParts& parts, penstock_event& view);
  void add_tags(const EventParts& parts, penstock_event& view);
  const penstock_trace* copy_trace(const TraceContext& trace);

  std::vector<penstock_event> views_{};
  std::vector<Chunk> chunks_{};
  std::size_t chunks_in_use_ = 0;  // the first ones
  std::byte* at_ = nullptr;        // of the last of these, what is free
  std::byte* end_ = nullptr;
  std::size_t bytes_ = 0;
  // The copies of the last event: the next one has the same, most often.
  std::uint32_t logger_id_ = 0;
  penstock_text logger_{};
  penstock_text thread_name_{};
  std::vector<FieldView> fields_{};
  MessageScratch scratch_{};
};

// Adds the event to `arena` and gives its view.
inline EventView make_view(const EventParts& parts, ViewArena& arena) {
  arena.add(parts);
  return arena.views().back();
}

}  // namespace penstock::event
