// SPDX-License-Identifier: Apache-2.0
#include "kit/batch_memory.hpp"

#include <cstring>
#include <ctime>
#include <new>
#include <string>
#include <sys/mman.h>

#include "penstock/event_view.hpp"
#include "plugin/json.hpp"

namespace penstock::kit {
namespace {

std::int64_t now_ns() {
  timespec now{};
  ::clock_gettime(CLOCK_REALTIME, &now);
  return std::int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

}  // namespace

BatchMemory::BatchMemory(std::size_t events_max, std::size_t tail)
    : stride_(sizeof(penstock_event) + tail),
      events_max_(events_max),
      size_(events_max * stride_ + texts_bytes_max),
      used_(events_max * stride_) {
  void* const memory = ::mmap(nullptr, size_, PROT_READ | PROT_WRITE,
                              MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (memory == MAP_FAILED) throw std::bad_alloc();
  memory_ = static_cast<std::byte*>(memory);
}

BatchMemory::~BatchMemory() { ::munmap(memory_, size_); }

void* BatchMemory::take(std::size_t bytes, std::size_t alignment) {
  const std::size_t begin = (used_ + alignment - 1) / alignment * alignment;
  if (bytes > size_ - begin) throw std::bad_alloc();
  used_ = begin + bytes;
  return memory_ + begin;
}

penstock_text BatchMemory::text(std::string_view bytes) {
  char* const copy = static_cast<char*>(take(bytes.size(), 1));
  if (!bytes.empty()) std::memcpy(copy, bytes.data(), bytes.size());
  return {copy, bytes.size()};
}

penstock_event& BatchMemory::add(std::string_view message) {
  if (count_ == events_max_) throw std::bad_alloc();
  std::byte* const place = memory_ + count_ * stride_;
  std::memset(place, poison, stride_);
  auto* const event = new (place) penstock_event{};
  event->time_ns = now_ns();
  event->level = PENSTOCK_LEVEL_INFO;
  event->logger = text("kit");
  event->message = text(message);
  event->thread_id = 1;
  event->producer = 1;
  ++count_;
  return *event;
}

const penstock_event& BatchMemory::event(std::size_t index) const noexcept {
  return *reinterpret_cast<const penstock_event*>(memory_ + index * stride_);
}

// Lines of JSON, which is what a sink gets that says nothing of its `format`.
void BatchMemory::encode() {
  using plugin::Value;
  std::string all;
  const std::span<std::uint32_t> ends = items<std::uint32_t>(count_);
  for (std::size_t i = 0; i < count_; ++i) {
    const std::string message(detail::text_of(event(i).message));
    all += plugin::json_text(Value::Object{{"level", "INFO"}, {"message", message}}) + "\n";
    ends[i] = static_cast<std::uint32_t>(all.size());
  }
  encoded_ = text(all);
  encoded_ends_ = ends.data();
}

penstock_batch BatchMemory::batch(std::uint32_t needs) {
  penstock_batch batch{};
  batch.size = sizeof batch;
  batch.event_stride = static_cast<std::uint32_t>(stride_);
  batch.count = count_;
  batch.attempt = 1;
  batch.first_time_ns = count_ == 0 ? 0 : event(0).time_ns;
  if ((needs & PENSTOCK_NEEDS_EVENTS) != 0) {
    batch.events = reinterpret_cast<const penstock_event*>(memory_);
  }
  if ((needs & PENSTOCK_NEEDS_ENCODED) != 0) {
    if (encoded_ends_ == nullptr) encode();
    batch.encoded = encoded_;
    batch.encoded_ends = encoded_ends_;
  }
  return batch;
}

void BatchMemory::make_read_only() {
  if (encoded_ends_ == nullptr) encode();
  ::mprotect(memory_, size_, PROT_READ);
}

void BatchMemory::forbid() noexcept { ::mprotect(memory_, size_, PROT_NONE); }

}  // namespace penstock::kit
