// SPDX-License-Identifier: Apache-2.0
// bytes.hpp: pieces of bytes of a fixed size, as base64 and hexadecimal, and secrets that are
// wiped.
//
// Threads  functions [any]
#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace penstock::signing {

template <std::size_t N>
using Bytes = std::array<unsigned char, N>;
using ByteView = std::span<const unsigned char>;

inline ByteView bytes_of(std::string_view text) noexcept {
  return {reinterpret_cast<const unsigned char*>(text.data()), text.size()};
}

// ---- text

std::string to_base64(ByteView bytes);
// True when `text` is the base64 of exactly bytes.size() bytes, in the one spelling that an encoder
// writes: padded, no blanks, no bits left over. Otherwise `bytes` holds nothing of use.
bool from_base64(std::string_view text, std::span<unsigned char> bytes) noexcept;

constexpr std::size_t base64_size(std::size_t bytes) noexcept { return (bytes + 2) / 3 * 4; }

std::string to_hex(ByteView bytes);  // lower case
// True when `text` is bytes.size() bytes in hexadecimal; capitals are as good.
bool from_hex(std::string_view text, std::span<unsigned char> bytes) noexcept;

// ---- secrets

// Overwrites in a way that the compiler does not leave out.
void wipe(std::span<unsigned char> bytes) noexcept;
// In a time that does not depend on where they differ.
bool equal_in_constant_time(ByteView a, ByteView b) noexcept;

// Wipes what it gives back, also when a container grows.
template <class T>
struct WipingAllocator {
  using value_type = T;

  WipingAllocator() = default;
  template <class U>
  WipingAllocator(const WipingAllocator<U>&) noexcept {}

  T* allocate(std::size_t count) { return std::allocator<T>().allocate(count); }
  void deallocate(T* memory, std::size_t count) noexcept {
    wipe({reinterpret_cast<unsigned char*>(memory), count * sizeof(T)});
    std::allocator<T>().deallocate(memory, count);
  }
  friend bool operator==(WipingAllocator, WipingAllocator) noexcept { return true; }
};

// Always on the heap: a std::string would keep short secrets, and copies of them, in itself.
using SecretBytes = std::vector<unsigned char, WipingAllocator<unsigned char>>;

inline std::string_view text_of(const SecretBytes& bytes) noexcept {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

// to_base64() for secrets: adds the text to `target`.
void append_base64(ByteView bytes, SecretBytes& target);

}  // namespace penstock::signing
