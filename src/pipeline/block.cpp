// SPDX-License-Identifier: Apache-2.0
#include "pipeline/block.hpp"

#include <bit>
#include <cstdlib>
#include <new>

namespace penstock::pipeline {
namespace {
// Blocks that stock() keeps ready. A worker stocks up for each block that it begins to read.
constexpr std::size_t ready_blocks = 2;
constexpr std::uint32_t page_bytes = 4096;

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
  return make(bytes);
}

void BlockPool::stock(std::uint32_t bytes) noexcept {
  const std::size_t size_class = class_of(bytes);
  if (size_class >= classes) return;
  bytes = smallest_block << size_class;
  const auto size = static_cast<std::int64_t>(footprint(bytes));
  const auto is_wanted = [&](std::int64_t to_be_made) {
    return kept_[size_class].size() < ready_blocks && kept_bytes_ + size <= keep_bytes_ &&
           this->bytes() + to_be_made <= bound_bytes_;
  };
  {
    std::lock_guard lock(mutex_);
    if (!is_wanted(size)) return;
  }
  Block* block = make(bytes);
  if (block == nullptr) return;
  // The system gives a page when it is first written to.
  for (std::uint32_t at = 0; at < bytes; at += page_bytes) block->bytes()[at] = std::byte{};
  std::lock_guard lock(mutex_);
  try {
    if (is_wanted(0)) {
      // What was freed last goes out first: it is in the cache.
      kept_[size_class].insert(kept_[size_class].begin(), block);
      kept_bytes_ += size;
      return;
    }
  } catch (const std::bad_alloc&) {
    // then it is not kept
  }
  give_back(block);
}

Block* BlockPool::make(std::uint32_t bytes) noexcept {
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
