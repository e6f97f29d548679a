// SPDX-License-Identifier: Apache-2.0
#include "pipeline/block.hpp"

#include <bit>
#include <cstdlib>
#include <new>

namespace penstock::pipeline {
namespace {
std::size_t footprint(std::uint32_t capacity) noexcept { return sizeof(Block) + capacity; }
}  // namespace

BlockPool::~BlockPool() {
  for (auto& list : kept_) {
    for (Block* block : list) give_back(block);
  }
}

std::size_t BlockPool::class_of(std::uint32_t bytes) noexcept {
  if (bytes <= smallest_block) return 0;
  return static_cast<std::size_t>(std::bit_width((bytes - 1) / smallest_block));
}

Block* BlockPool::get(std::uint32_t bytes) noexcept {
  const std::size_t size_class = class_of(bytes);
  const bool may_be_kept = size_class < classes;
  bytes = may_be_kept ? smallest_block << size_class : (bytes + 4095) & ~std::uint32_t{4095};
  {
    std::lock_guard lock(mutex_);
    if (may_be_kept && !kept_[size_class].empty()) {
      Block* block = kept_[size_class].back();
      kept_[size_class].pop_back();
      kept_bytes_ -= static_cast<std::int64_t>(footprint(bytes));
      return block;
    }
    make_way(static_cast<std::int64_t>(footprint(bytes)));
  }
  void* memory = std::aligned_alloc(alignof(Block), footprint(bytes));
  if (memory == nullptr) return nullptr;
  auto* block = new (memory) Block;
  block->capacity = bytes;
  // [S11] relaxed: a figure for people
  bytes_.fetch_add(static_cast<std::int64_t>(footprint(bytes)), std::memory_order_relaxed);
  return block;
}

void BlockPool::make_way(std::int64_t bytes) noexcept {
  for (auto& list : kept_) {
    while (!list.empty() && this->bytes() + bytes > bound_bytes_) {
      Block* block = list.back();
      list.pop_back();
      kept_bytes_ -= static_cast<std::int64_t>(footprint(block->capacity));
      give_back(block);
    }
  }
}

void BlockPool::put(Block* block) noexcept {
  const std::size_t size_class = class_of(block->capacity);
  if (size_class < classes) {
    const auto size = static_cast<std::int64_t>(footprint(block->capacity));
    std::lock_guard lock(mutex_);
    if (kept_bytes_ + size <= keep_bytes_) {
      try {
        kept_[size_class].push_back(block);
        kept_bytes_ += size;
        return;
      } catch (const std::bad_alloc&) {
        // then it is not kept
      }
    }
  }
  give_back(block);
}

void BlockPool::give_back(Block* block) noexcept {
  // [S11] relaxed: a figure for people
  bytes_.fetch_sub(static_cast<std::int64_t>(footprint(block->capacity)),
                   std::memory_order_relaxed);
  block->~Block();
  std::free(block);
}

}  // namespace penstock::pipeline
