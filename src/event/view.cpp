// SPDX-License-Identifier: Apache-2.0
#include "event/view.hpp"

#include <algorithm>
#include <cstring>
#include <memory>
#include <type_traits>
#include <utility>

#include "event/plan.hpp"

namespace penstock::event {
namespace {

constexpr std::size_t chunk_bytes = 64 * 1024;
constexpr std::size_t arena_alignment = alignof(std::max_align_t);

}  // namespace

void* ViewArena::allocate(std::size_t bytes) {
  bytes = (bytes + arena_alignment - 1) & ~(arena_alignment - 1);
  if (static_cast<std::size_t>(end_ - at_) < bytes) [[unlikely]]
    next_chunk(bytes);
  bytes_ += bytes;
  return std::exchange(at_, at_ + bytes);
}

// One that is there, if it is large enough.
[[gnu::noinline]] void ViewArena::next_chunk(std::size_t bytes) {
  if (chunks_in_use_ == chunks_.size() || chunks_[chunks_in_use_].size < bytes) {
    const std::size_t size = std::max(bytes, chunk_bytes);
    Chunk made{std::make_unique_for_overwrite<std::byte[]>(size), size};
    chunks_.insert(chunks_.begin() + static_cast<std::ptrdiff_t>(chunks_in_use_), std::move(made));
  }
  const Chunk& chunk = chunks_[chunks_in_use_++];
  at_ = chunk.memory.get();
  end_ = at_ + chunk.size;
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

penstock_text ViewArena::copy_message(const EventParts& parts) {
  std::string_view message;
  if (parts.truncated_bytes == 0 && ready_message(parts, message)) return copy(message);
  scratch_.raw.clear();
  format_message(parts, scratch_.raw);
  if (parts.truncated_bytes != 0) append_truncated_mark(parts.truncated_bytes, scratch_.raw);
  return copy(scratch_.raw.view());
}

void ViewArena::add(const EventParts& parts) {
  penstock_event& view = views_.emplace_back();
  try {
    fill(parts, view);
  } catch (...) {
    views_.pop_back();
    throw;
  }
}

inline void ViewArena::fill(const EventParts& parts, penstock_event& view) {
  view.time_ns = parts.time_ns;
  view.level = static_cast<std::uint32_t>(parts.level);
  if (parts.logger_id == 0 || parts.logger_id != logger_id_) {
    logger_ = copy(parts.logger);
    logger_id_ = parts.logger_id;
  }
  view.logger = logger_;
  view.thread_id = parts.thread_id;
  if (std::string_view(thread_name_.data, thread_name_.size) != parts.thread_name) {
    thread_name_ = copy(parts.thread_name);
  }
  view.thread_name = thread_name_;
  view.name = copy(parts.event);
  view.producer = parts.producer;
  if (parts.plan != nullptr) {
    view.file = detail::c_text(parts.plan->path);
    view.function = detail::c_text(parts.plan->function);
    view.line = parts.plan->line;
  }
  view.message = copy_message(parts);
  if (has_fields(parts)) add_fields(parts, view);
  add_tags(parts, view);
  if (parts.trace != nullptr) view.trace = copy_trace(*parts.trace);
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
  std::erase_if(chunks_, [](const Chunk& chunk) { return chunk.size > chunk_bytes; });
  chunks_in_use_ = 0;
  at_ = end_ = nullptr;
  bytes_ = 0;
  logger_ = thread_name_ = {};
  logger_id_ = 0;
  scratch_.raw.clear();
  scratch_.raw.trim(chunk_bytes);
}

std::size_t ViewArena::capacity() const noexcept {
  std::size_t bytes = views_.capacity() * sizeof views_[0];
  for (const Chunk& chunk : chunks_) bytes += chunk.size;
  return bytes;
}

void ViewArena::shrink() noexcept {
  clear();
  while (chunks_.size() > 1) chunks_.pop_back();
}

}  // namespace penstock::event
