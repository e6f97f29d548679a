// SPDX-License-Identifier: Apache-2.0
// placed.hpp: structs where a plugin that reads or writes beyond them is caught: at the very end of
// memory, or with a tail that a newer host would have there.
//
// Bound    a few pages each
#pragma once

#include <cstddef>
#include <cstring>
#include <type_traits>

namespace penstock::kit {

// What stands behind the end of a struct, for a plugin that believes it to be its own.
inline constexpr unsigned char poison = 0xA5;

// How the structs lie that the host gives and has filled in.
struct Layout {
  std::size_t tail = 0;       // bytes that a newer host has behind each struct
  unsigned char filling = 0;  // of the tail
  bool at_end = false;        // behind the struct there is no memory
};

// Memory for `size` bytes in that layout, all zero but for the tail. Throws std::bad_alloc.
void* place(std::size_t size, const Layout& layout);

// Gives back what place() gave.
void unplace(void* placed, std::size_t size, const Layout& layout) noexcept;

// A copy of `value`, its `size` as a newer host would say it.
template <class T>
T* place(const T& value, const Layout& layout) {
  static_assert(std::is_trivially_copyable_v<T>);
  T* const placed = static_cast<T*>(place(sizeof(T), layout));
  std::memcpy(placed, &value, sizeof(T));
  return placed;
}

}  // namespace penstock::kit
