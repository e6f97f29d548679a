// SPDX-License-Identifier: Apache-2.0
// bytes.hpp: bytes that grow at the end. What std::string would do, but in place, without a call
// for each of the many short texts that a message is made of.
//
// Threads  one at a time
// Errors   std::bad_alloc; the bytes are then as they were
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string_view>
#include <utility>

namespace penstock::syslog {

class Bytes {
 public:
  Bytes() noexcept = default;
  Bytes(Bytes&& other) noexcept { *this = std::move(other); }
  Bytes& operator=(Bytes&& other) noexcept {
    std::swap(memory_, other.memory_);
    std::swap(size_, other.size_);
    std::swap(capacity_, other.capacity_);
    return *this;
  }

  Bytes& operator+=(std::string_view text) {
    copy(room(text.size()), text);
    size_ += text.size();
    return *this;
  }
  Bytes& operator+=(char c) {
    *room(1) = c;
    ++size_;
    return *this;
  }
  // `text` in place of `count` bytes, from `at` on.
  void replace(std::size_t at, std::size_t count, std::string_view text) {
    room(text.size());
    char* const to = data() + at;
    std::memmove(to + text.size(), to + count, size_ - at - count);
    copy(to, text);
    size_ = size_ - count + text.size();
  }

  // Where `bytes` may be written, and then added. Valid until the next call.
  char* room(std::size_t bytes) {
    if (capacity_ - size_ < bytes) [[unlikely]]
      grow(bytes);
    return data() + size_;
  }
  void add(std::size_t bytes) noexcept { size_ += bytes; }
  // Keeps the first ones.
  void cut(std::size_t size) noexcept { size_ = size; }
  void clear() noexcept { size_ = 0; }

  char* data() noexcept { return memory_.get(); }
  const char* data() const noexcept { return memory_.get(); }
  std::size_t size() const noexcept { return size_; }
  std::size_t capacity() const noexcept { return capacity_; }
  std::string_view view() const noexcept { return {memory_.get(), size_}; }

 private:
  template <class Word>
  static void copy_ends(char* to, std::string_view text) noexcept {
    Word first{};
    Word last{};
    std::memcpy(&first, text.data(), sizeof first);
    std::memcpy(&last, text.data() + text.size() - sizeof last, sizeof last);
    std::memcpy(to, &first, sizeof first);
    std::memcpy(to + text.size() - sizeof last, &last, sizeof last);
  }
  static void copy(char* to, std::string_view text) noexcept {
    struct Sixteen {
      std::uint64_t words[2];
    };
    const std::size_t size = text.size();
    if (size > 32) {
      std::memcpy(to, text.data(), size);
    } else if (size >= 16) {
      copy_ends<Sixteen>(to, text);
    } else if (size >= 8) {
      copy_ends<std::uint64_t>(to, text);
    } else if (size >= 4) {
      copy_ends<std::uint32_t>(to, text);
    } else if (size != 0) {
      to[0] = text[0];
      to[size / 2] = text[size / 2];
      to[size - 1] = text[size - 1];
    }
  }
  [[gnu::noinline]] void grow(std::size_t bytes) {
    constexpr std::size_t least = 512;
    const std::size_t capacity = std::max({least, 2 * capacity_, size_ + bytes});
    auto memory = std::make_unique_for_overwrite<char[]>(capacity);
    if (size_ != 0) std::memcpy(memory.get(), memory_.get(), size_);
    memory_ = std::move(memory);
    capacity_ = capacity;
  }

  std::unique_ptr<char[]> memory_{};
  std::size_t size_ = 0;
  std::size_t capacity_ = 0;
};

}  // namespace penstock::syslog
