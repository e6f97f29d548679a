// SPDX-License-Identifier: Apache-2.0
// block.hpp: a contiguous piece of memory with exactly one writer. Events are written into it in
// place, once; all sinks read the same bytes.
//
// Threads  the bytes and `committed`: written by the producer that owns the block, read by workers
//          the rest: written while the block is opened, before it is handed over
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <mutex>
#include <vector>

#include "penstock/detail/producer.hpp"

namespace penstock::pipeline {

class Producer;

struct alignas(64) Block {
  std::uint32_t capacity = 0;
  bool reserve = false;         // urgent events for sinks that had no room, or dead letters
  bool saved = false;           // made by Channel::save_urgent()
  bool has_urgent = false;      // once sealed: it may have events of level WARNING and above
  std::uint64_t sink_mask = 0;  // who got it
  std::uint64_t opened_ticks = 0;
  std::uint64_t thread_id = 0;
  Producer* producer = nullptr;
  char thread_name[16] = {};
  std::uint32_t thread_name_size = 0;
  // [S10] Holders: the producer while the block is open, and each sink until it has settled all
  //       events of it. Whoever takes the last one away gives the block to the pool.
  std::atomic<std::uint32_t> holders{0};

  // [S3] See detail/producer.hpp. A line of its own: workers poll it while the producer writes.
  alignas(64) std::atomic<std::uint64_t> committed{0};

  std::byte* bytes() noexcept { return reinterpret_cast<std::byte*>(this + 1); }
  const std::byte* bytes() const noexcept { return reinterpret_cast<const std::byte*>(this + 1); }
};
static_assert(sizeof(Block) == 128);
static_assert(sizeof(Block) - offsetof(Block, committed) == detail::block_committed_offset);

inline constexpr std::uint32_t smallest_block = 4 * 1024;
inline constexpr std::uint32_t largest_block = 64 * 1024;

// What `committed` says.
struct Committed {
  std::uint64_t word;
  std::uint32_t bytes() const noexcept {
    return static_cast<std::uint32_t>(word & detail::committed_bytes_mask);
  }
  std::uint32_t events() const noexcept { return static_cast<std::uint32_t>(word >> 32); }
  bool sealed() const noexcept { return (word & detail::committed_sealed) != 0; }
};
inline Committed committed_of(const Block& block) noexcept {
  return {block.committed.load(std::memory_order_acquire)};  // [S3] partner: the producer's store
}

// Memory for blocks; keeps some for reuse, the most recently freed first: they are in the cache.
//
// Threads  all [any], but set_bound
// Bound    what is kept: keep_bytes, and with what is in use not more than set_bound() says
class BlockPool {
 public:
  explicit BlockPool(std::int64_t keep_bytes) noexcept : keep_bytes_(keep_bytes) {}
  ~BlockPool();
  BlockPool(const BlockPool&) = delete;
  BlockPool& operator=(const BlockPool&) = delete;

  // Kept blocks make way when a new one of another size would go beyond it. Before the first get().
  void set_bound(std::int64_t bytes) noexcept { bound_bytes_ = bytes; }

  // An empty block of at least `bytes`, held by nobody; null when there is no memory.
  Block* get(std::uint32_t bytes) noexcept;
  void put(Block* block) noexcept;
  // Sees to it that there are blocks of this size for the next who ask, memory and all, so that a
  // thread that logs need not go to the system for them. While there are some, it does nothing.
  // [worker]
  void stock(std::uint32_t bytes) noexcept;
  // Takes one holder away.
  void release(Block* block) noexcept {
    // [S10] acq_rel: all holders' reads are over before the block is written again.
    if (block->holders.fetch_sub(1, std::memory_order_acq_rel) == 1) put(block);
  }

  std::int64_t bytes() const noexcept {
    return bytes_.load(std::memory_order_relaxed);  // [S11] relaxed: a figure for people
  }

 private:
  static constexpr std::size_t classes = 5;  // 4, 8, 16, 32, 64 KiB
  static std::size_t class_of(std::uint32_t bytes) noexcept;
  Block* make(std::uint32_t bytes) noexcept;
  void give_back(Block* block) noexcept;
  void make_way(std::int64_t bytes) noexcept;  // under mutex_

  const std::int64_t keep_bytes_;
  std::int64_t bound_bytes_ = std::numeric_limits<std::int64_t>::max();
  std::mutex mutex_;
  std::vector<Block*> kept_[classes];  // under mutex_
  std::int64_t kept_bytes_ = 0;        // under mutex_
  // [S11] All memory of blocks, in use or kept.
  std::atomic<std::int64_t> bytes_{0};
};

}  // namespace penstock::pipeline
