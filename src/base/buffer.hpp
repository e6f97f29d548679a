// SPDX-License-Identifier: Apache-2.0
// buffer.hpp: bytes that grow at the end. Unlike std::string, growth does not fill with zeros, and
// writers may ask for room and fill it in place.
//
// Threads  one at a time
// Errors   std::bad_alloc when there is no memory; the bytes are then as they were.
#pragma once

#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <new>
#include <string_view>
#include <utility>

namespace penstock::base {

class Buffer {
 public:
  Buffer() noexcept = default;
  ~Buffer() { std::free(begin_); }
  Buffer(const Buffer&) = delete;
  Buffer& operator=(const Buffer&) = delete;
  Buffer(Buffer&& other) noexcept
      : begin_(std::exchange(other.begin_, nullptr)),
        end_(std::exchange(other.end_, nullptr)),
        limit_(std::exchange(other.limit_, nullptr)) {}
  Buffer& operator=(Buffer&& other) noexcept {
    std::swap(begin_, other.begin_);
    std::swap(end_, other.end_);
    std::swap(limit_, other.limit_);
    return *this;
  }

  // Room for `bytes` more; where to write them. Valid until the next call that may grow.
  char* ensure(std::size_t bytes) {
    if (static_cast<std::size_t>(limit_ - end_) < bytes) [[unlikely]]
      grow(bytes);
    return end_;
  }
  // What was written after ensure() ends here.
  void commit(char* end) noexcept { end_ = end; }

  void append(const char* data, std::size_t size) {
    char* const to = ensure(size);
    if (size != 0) std::memcpy(to, data, size);
    end_ = to + size;
  }
  void append(std::string_view text) { append(text.data(), text.size()); }
  void push_back(char byte) {
    *ensure(1) = byte;
    ++end_;
  }

  // New bytes have no particular value.
  void resize_uninitialized(std::size_t size) {
    if (size > this->size()) ensure(size - this->size());
    end_ = begin_ + size;
  }
  void reserve(std::size_t capacity) {
    if (capacity > this->capacity()) ensure(capacity - size());
  }
  void clear() noexcept { end_ = begin_; }
  // After clear(): gives memory back when there is more than `keep`.
  void trim(std::size_t keep) noexcept {
    if (end_ == begin_ && capacity() > keep) {
      std::free(begin_);
      begin_ = end_ = limit_ = nullptr;
    }
  }

  char* data() noexcept { return begin_; }
  const char* data() const noexcept { return begin_; }
  std::size_t size() const noexcept { return static_cast<std::size_t>(end_ - begin_); }
  bool empty() const noexcept { return end_ == begin_; }
  std::size_t capacity() const noexcept { return static_cast<std::size_t>(limit_ - begin_); }
  std::string_view view() const noexcept { return {begin_, size()}; }

 private:
  [[gnu::noinline]] void grow(std::size_t bytes) {
    const std::size_t used = size();
    std::size_t capacity = this->capacity() * 2;
    if (capacity < used + bytes) capacity = used + bytes;
    if (capacity < 256) capacity = 256;
    auto* const memory = static_cast<char*>(std::realloc(begin_, capacity));
    if (memory == nullptr) throw std::bad_alloc();
    begin_ = memory;
    end_ = memory + used;
    limit_ = memory + capacity;
  }

  char* begin_ = nullptr;
  char* end_ = nullptr;
  char* limit_ = nullptr;
};

}  // namespace penstock::base
