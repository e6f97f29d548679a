// SPDX-License-Identifier: Apache-2.0
#include "kit/placed.hpp"

#include <new>
#include <sys/mman.h>
#include <unistd.h>

namespace penstock::kit {

namespace {

std::size_t page_bytes() { return static_cast<std::size_t>(::sysconf(_SC_PAGESIZE)); }

// Whole pages, but for the one behind them that is not there.
std::size_t room_for(std::size_t size, const Layout& layout) {
  return (size + layout.tail + page_bytes() - 1) / page_bytes() * page_bytes();
}

}  // namespace

void* place(std::size_t size, const Layout& layout) {
  const std::size_t page = page_bytes();
  const std::size_t room = room_for(size, layout);
  void* const memory =
      ::mmap(nullptr, room + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) throw std::bad_alloc();
  auto* const begin = static_cast<std::byte*>(memory);
  ::mprotect(begin + room, page, PROT_NONE);
  std::byte* const placed = layout.at_end ? begin + (room - size - layout.tail) : begin;
  std::memset(placed + size, layout.filling, layout.tail);
  return placed;
}

void unplace(void* placed, std::size_t size, const Layout& layout) noexcept {
  const std::size_t room = room_for(size, layout);
  auto* begin = static_cast<std::byte*>(placed);
  if (layout.at_end) begin -= room - size - layout.tail;
  ::munmap(begin, room + page_bytes());
}

}  // namespace penstock::kit
