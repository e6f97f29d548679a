// SPDX-License-Identifier: Apache-2.0
#include "event/view.hpp"

#include <algorithm>
#include <cstring>
#include <type_traits>

#include "event/plan.hpp"

namespace penstock::event {
namespace {

constexpr std::size_t chunk_bytes = 64 * 1024;
constexpr std::size_t arena_alignment = alignof(std::max_align_t);

}  // namespace

void* ViewArena::allocate(std::size_t bytes) {
  bytes = (bytes + arena_alignment - 1) & ~(arena_alignment - 1);
  if (chunks_.empty() || chunks_.back().size - used_ < bytes) {
    const std::size_t size = std::max(bytes, chunk_bytes);
    chunks_.push_back({std::make_unique_for_overwrite<std::byte[]>(size), size});
    used_ = 0;
  }
  std::byte* const memory = chunks_.back().memory.get() + used_;
  used_ += bytes;
  bytes_ += bytes;
  return memory;
}

std::string_view ViewArena::copy(std::string_view text) {
  if (text.empty()) return {};
  auto* const to = static_cast<char*>(allocate(text.size()));
  std::memcpy(to, text.data(), text.size());
  return {to, text.size()};
}

// The items alone; what they refer to is copied by the caller.
template <class T>
std::span<T> ViewArena::copy_all(std::span<const T> items) {
  static_assert(std::is_trivially_copyable_v<T> && alignof(T) <= arena_alignment);
  if (items.empty()) return {};
  auto* const to = static_cast<T*>(allocate(items.size_bytes()));
  std::uninitialized_copy(items.begin(), items.end(), to);
  return {to, items.size()};
}

void ViewArena::add(const EventParts& parts) {
  EventView view;
  view.time_ns = parts.time_ns;
  view.level = parts.level;
  view.logger = copy(parts.logger);
  view.thread_id = parts.thread_id;
  view.thread_name = copy(parts.thread_name);
  view.event = copy(parts.event);
  view.producer = parts.producer;
  if (parts.plan != nullptr) {
    view.file = parts.plan->path;
    view.function = parts.plan->function;
    view.line = parts.plan->line;
  }
  scratch_.raw.clear();
  format_message(parts, scratch_.raw);
  if (parts.truncated_bytes != 0) append_truncated_mark(parts.truncated_bytes, scratch_.raw);
  view.message = copy(scratch_.raw.view());

  fields_.clear();
  collect_fields(parts, fields_);
  const auto fields = copy_all(std::span<const FieldView>(fields_));
  for (FieldView& field : fields) {
    field.key = copy(field.key);
    if (field.value.type() == Value::Type::text) field.value = copy(field.value.text());
  }
  view.fields = fields;
  const auto tags = copy_all(parts.tags);
  for (std::string_view& tag : tags) tag = copy(tag);
  view.tags = tags;
  if (parts.trace != nullptr) view.trace = copy_all(std::span(parts.trace, 1)).data();
  views_.push_back(view);
}

void ViewArena::clear() noexcept {
  views_.clear();
  // One chunk is enough for most batches; a large one was for a large event.
  while (chunks_.size() > 1 || (!chunks_.empty() && chunks_.back().size > chunk_bytes)) {
    chunks_.pop_back();
  }
  used_ = 0;
  bytes_ = 0;
  scratch_.raw.clear();
  scratch_.raw.trim(chunk_bytes);
}

}  // namespace penstock::event
