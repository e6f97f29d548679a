// SPDX-License-Identifier: Apache-2.0
#include "isolation/segment.hpp"

#include <array>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/mman.h>
#include <utility>

#include <fmt/format.h>

#include "penstock/event_view.hpp"

#ifndef F_SEAL_FUTURE_WRITE
#define F_SEAL_FUTURE_WRITE 0x0010
#endif

namespace penstock::isolation {
namespace {

constexpr std::size_t alignment = 8;

constexpr std::size_t aligned(std::size_t size) noexcept {
  return (size + alignment - 1) / alignment * alignment;
}

const penstock_event& event_at(const Batch::Parts& batch, std::size_t index) noexcept {
  const auto* const first = reinterpret_cast<const std::byte*>(batch.events);
  return *reinterpret_cast<const penstock_event*>(first + index * batch.event_stride);
}

// Writes one batch, from the front to the back.
class Writer {
 public:
  Writer(std::byte* to, std::uint64_t address) noexcept : begin_(to), at_(to), address_(address) {}

  // Room for `count` of T, and their address there.
  template <class T>
  std::pair<T*, const T*> room(std::size_t count) noexcept {
    at_ = begin_ + aligned(static_cast<std::size_t>(at_ - begin_));
    auto* const here = reinterpret_cast<T*>(at_);
    at_ += count * sizeof(T);
    return {here, there(here)};
  }

  penstock_text text(const penstock_text& from) noexcept {
    if (from.size == 0) return {};
    std::memcpy(at_, from.data, from.size);
    const char* const address = there(reinterpret_cast<const char*>(at_));
    at_ += from.size;
    return {address, from.size};
  }

  // Of texts that many events share: names, files, keys. The batch's memory does not change
  // meanwhile, so the same address and size are the same text.
  penstock_text shared_text(const penstock_text& from) noexcept {
    if (from.size == 0) return {};
    const auto hash = reinterpret_cast<std::uintptr_t>(from.data) * 0x9E3779B97F4A7C15u;
    Known& known = known_[hash >> (64 - known_bits)];
    if (known.data != from.data || known.text.size != from.size) {
      known = {from.data, text(from)};
    }
    return known.text;
  }

 private:
  struct Known {
    const char* data = nullptr;
    penstock_text text{};
  };
  static constexpr unsigned known_bits = 6;

  template <class T>
  const T* there(const T* here) const noexcept {
    const auto offset = reinterpret_cast<const std::byte*>(here) - begin_;
    return reinterpret_cast<const T*>(
        static_cast<std::uintptr_t>(address_ + static_cast<std::uint64_t>(offset)));
  }

  std::byte* begin_;
  std::byte* at_;
  std::uint64_t address_;
  std::array<Known, std::size_t{1} << known_bits> known_{};
};

void lay_out_lists(const penstock_event& from, penstock_event& to, Writer& writer) noexcept {
  if (from.field_count != 0) {
    const auto [fields, address] = writer.room<penstock_field>(from.field_count);
    for (std::size_t i = 0; i < from.field_count; ++i) {
      fields[i].key = writer.shared_text(from.fields[i].key);
      fields[i].value = from.fields[i].value;
      if (fields[i].value.type == PENSTOCK_TEXT) {
        fields[i].value.as.text = writer.text(from.fields[i].value.as.text);
      }
    }
    to.fields = address;
  }
  if (from.tag_count != 0) {
    const auto [tags, address] = writer.room<penstock_text>(from.tag_count);
    for (std::size_t i = 0; i < from.tag_count; ++i) tags[i] = writer.shared_text(from.tags[i]);
    to.tags = address;
  }
  if (from.trace != nullptr) {
    const auto [trace, address] = writer.room<penstock_trace>(1);
    *trace = *from.trace;
    to.trace = address;
  }
}

void lay_out_event(const penstock_event& from, penstock_event& to, Writer& writer) noexcept {
  to = from;
  to.logger = writer.shared_text(from.logger);
  to.message = writer.text(from.message);
  to.file = writer.shared_text(from.file);
  to.function = writer.shared_text(from.function);
  to.thread_name = writer.shared_text(from.thread_name);
  to.name = writer.shared_text(from.name);
  to.fields = nullptr;
  to.tags = nullptr;
  to.trace = nullptr;
  lay_out_lists(from, to, writer);
}

std::size_t bytes_of(const penstock_event& event) noexcept {
  std::size_t bytes = event.logger.size + event.message.size + event.file.size +
                      event.function.size + event.thread_name.size + event.name.size +
                      event.field_count * sizeof(penstock_field) +
                      event.tag_count * sizeof(penstock_text) + 3 * alignment;
  for (std::size_t i = 0; i < event.field_count; ++i) {
    bytes += event.fields[i].key.size;
    if (event.fields[i].value.type == PENSTOCK_TEXT) bytes += event.fields[i].value.as.text.size;
  }
  for (std::size_t i = 0; i < event.tag_count; ++i) bytes += event.tags[i].size;
  return bytes + (event.trace == nullptr ? 0 : sizeof(penstock_trace));
}

Error no_memory(int error) {
  return {.message = fmt::format("no memory to hand over a batch: {}", std::strerror(error))};
}

}  // namespace

std::size_t bytes_needed(const Batch::Parts& batch) noexcept {
  std::size_t bytes = sizeof(penstock_batch) + 4 * alignment + batch.encoded.size() +
                      batch.ends.size() * sizeof(std::uint32_t);
  if (batch.events == nullptr) return bytes;
  bytes += batch.count * sizeof(penstock_event);
  for (std::size_t i = 0; i < batch.count; ++i) bytes += bytes_of(event_at(batch, i));
  return bytes;
}

void lay_out(const Batch::Parts& batch, std::byte* to, std::uint64_t address) noexcept {
  Writer writer(to, address);
  penstock_batch& c = *writer.room<penstock_batch>(1).first;
  c = {};
  c.size = sizeof c;
  c.event_stride = sizeof(penstock_event);
  c.id = batch.id;
  c.token = batch.token;
  c.offset = batch.offset;
  c.count = batch.count;
  c.attempt = batch.attempt;
  c.first_time_ns = batch.first_time_ns;
  if (batch.events != nullptr) {
    const auto [events, events_there] = writer.room<penstock_event>(batch.count);
    c.events = events_there;
    for (std::size_t i = 0; i < batch.count; ++i) {
      lay_out_event(event_at(batch, i), events[i], writer);
    }
  }
  c.encoded = writer.text(detail::c_text(batch.encoded));
  if (!batch.ends.empty()) {
    const auto [ends, ends_there] = writer.room<std::uint32_t>(batch.ends.size());
    std::memcpy(ends, batch.ends.data(), batch.ends.size_bytes());
    c.encoded_ends = ends_there;
  }
}

// The pages are there before it is used, so that want of memory is an error here and not a signal
// in the middle of a batch. Sealed: whoever has it can neither cut it short under our feet nor make
// it grow.
Result<std::unique_ptr<Segment>> Segment::make(std::uint32_t number, std::size_t bytes) {
  if (bytes > segment_bytes_max) {
    return Error{.message =
                     fmt::format("a batch takes {} bytes, more than the {} that one may take",
                                 bytes, segment_bytes_max)};
  }
  plugin::Descriptor fd(::memfd_create("penstock-batch", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  if (!fd) return no_memory(errno);
  if (const int error = ::posix_fallocate(fd.get(), 0, static_cast<off_t>(bytes)); error != 0) {
    return no_memory(error);
  }
  void* const begin = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd.get(), 0);
  if (begin == MAP_FAILED) return no_memory(errno);
  std::unique_ptr<Segment> segment(
      new Segment(number, std::move(fd), static_cast<std::byte*>(begin), bytes));
  constexpr int seals = F_SEAL_SHRINK | F_SEAL_GROW;
  // Before Linux 5.1 the child could write into it; that would be its own loss.
  if (::fcntl(segment->fd(), F_ADD_SEALS, seals | F_SEAL_FUTURE_WRITE | F_SEAL_SEAL) == -1 &&
      ::fcntl(segment->fd(), F_ADD_SEALS, seals | F_SEAL_SEAL) == -1) {
    return no_memory(errno);
  }
  return segment;
}

Segment::~Segment() { ::munmap(begin_, size_); }

}  // namespace penstock::isolation
