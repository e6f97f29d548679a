// SPDX-License-Identifier: Apache-2.0
#include "event/view.hpp"

#include <algorithm>
#include <cstring>
#include <memory>
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

penstock_text ViewArena::copy(std::string_view text) {
  if (text.empty()) return {nullptr, 0};
  auto* const to = static_cast<char*>(allocate(text.size()));
  std::memcpy(to, text.data(), text.size());
  return {to, text.size()};
}

template <class T>
T* ViewArena::allocate_array(std::size_t count) {
  static_assert(std::is_trivially_copyable_v<T> && alignof(T) <= arena_alignment);
  auto* const to = static_cast<T*>(allocate(count * sizeof(T)));
  std::uninitialized_default_construct_n(to, count);
  return to;
}

void ViewArena::add(const EventParts& parts) {
  penstock_event view{};
  view.time_ns = parts.time_ns;
  view.level = static_cast<std::uint32_t>(parts.level);
  view.logger = copy(parts.logger);
  view.thread_id = parts.thread_id;
  view.thread_name = copy(parts.thread_name);
  view.name = copy(parts.event);
  view.producer = parts.producer;
  if (parts.plan != nullptr) {
    view.file = detail::c_text(parts.plan->path);
    view.function = detail::c_text(parts.plan->function);
    view.line = parts.plan->line;
  }
  scratch_.raw.clear();
  format_message(parts, scratch_.raw);
  if (parts.truncated_bytes != 0) append_truncated_mark(parts.truncated_bytes, scratch_.raw);
  view.message = copy(scratch_.raw.view());
  add_fields(parts, view);
  add_tags(parts, view);
  if (parts.trace != nullptr) view.trace = copy_trace(*parts.trace);
  views_.push_back(view);
}

void ViewArena::add_fields(const EventParts& parts, penstock_event& view) {
  fields_.clear();
  collect_fields(parts, fields_);
  if (fields_.empty()) return;
  auto* const to = allocate_array<penstock_field>(fields_.size());
  for (std::size_t i = 0; i < fields_.size(); ++i) {
    penstock_value value = detail::c_value(fields_[i].value);
    if (value.type == PENSTOCK_TEXT) value.as.text = copy(fields_[i].value.text());
    to[i] = {copy(fields_[i].key), value};
  }
  view.fields = to;
  view.field_count = fields_.size();
}

void ViewArena::add_tags(const EventParts& parts, penstock_event& view) {
  if (parts.tags.empty()) return;
  auto* const to = allocate_array<penstock_text>(parts.tags.size());
  for (std::size_t i = 0; i < parts.tags.size(); ++i) to[i] = copy(parts.tags[i]);
  view.tags = to;
  view.tag_count = parts.tags.size();
}

const penstock_trace* ViewArena::copy_trace(const TraceContext& trace) {
  auto* const to = allocate_array<penstock_trace>(1);
  std::memcpy(to->trace_id, trace.trace_id.data(), sizeof to->trace_id);
  std::memcpy(to->span_id, trace.span_id.data(), sizeof to->span_id);
  return to;
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
