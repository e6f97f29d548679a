// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <vector>

#include <gtest/gtest.h>

#include "pipeline/block.hpp"
#include "support/run.hpp"
#include "support/wait.hpp"

namespace penstock::pipeline {
namespace {

std::int64_t footprint(const Block& block) {
  return static_cast<std::int64_t>(sizeof(Block)) + block.capacity;
}

TEST(BlockPoolModel, GivesBlocksOfTheSizesAskedForAndAccountsForAllMemory) {
  auto random = test::random_stream();
  constexpr std::int64_t keep = 1 << 20;
  constexpr std::int64_t bound = 4 << 20;
  BlockPool pool(keep);
  pool.set_bound(bound);
  std::vector<Block*> held;
  std::int64_t in_use = 0;
  for (std::uint64_t step = 0; step < test::repeats(20'000); ++step) {
    if (random() % 8 == 0) {
      pool.stock(static_cast<std::uint32_t>(random() % 100'000));
    } else if (random() % 2 == 0 && !held.empty()) {
      std::swap(held[random() % held.size()], held.back());
      in_use -= footprint(*held.back());
      pool.put(held.back());
      held.pop_back();
    } else if (in_use < bound) {
      const auto bytes =
          static_cast<std::uint32_t>(random() % (random() % 8 == 0 ? 300'000 : 9'000));
      Block* block = pool.get(bytes);
      ASSERT_NE(block, nullptr);
      ASSERT_GE(block->capacity, bytes);
      ASSERT_GE(block->capacity, smallest_block);
      ASSERT_LT(block->capacity, 2 * std::max(bytes, smallest_block));
      ASSERT_EQ(reinterpret_cast<std::uintptr_t>(block) % 64, 0u);
      in_use += footprint(*block);
      held.push_back(block);
    }
    ASSERT_GE(pool.bytes(), in_use);
    ASSERT_LE(pool.bytes(), in_use + keep);
    ASSERT_LE(pool.bytes(), std::max(in_use, bound + footprint(Block{}) + 300'000));
  }
  for (Block* block : held) pool.put(block);
  EXPECT_LE(pool.bytes(), keep);
}

TEST(BlockPoolModel, GivesTheMostRecentlyFreedBlockFirst) {
  BlockPool pool(1 << 20);
  Block* first = pool.get(smallest_block);
  Block* second = pool.get(smallest_block);
  pool.put(first);
  pool.put(second);
  EXPECT_EQ(pool.get(smallest_block), second);
  EXPECT_EQ(pool.get(smallest_block), first);
  pool.put(first);
  pool.put(second);
}

TEST(BlockPoolModel, WhatIsInStockIsGivenWithoutAskingTheSystem) {
  BlockPool pool(1 << 20);
  pool.stock(largest_block);
  const std::int64_t stocked = pool.bytes();
  EXPECT_GT(stocked, largest_block);
  Block* block = pool.get(largest_block);
  EXPECT_EQ(pool.bytes(), stocked);
  pool.put(block);
}

TEST(BlockPoolModel, TheStockIsSmallAndOfOneSize) {
  BlockPool pool(1 << 20);
  for (int i = 0; i < 100; ++i) pool.stock(smallest_block);
  const std::int64_t stocked = pool.bytes();
  EXPECT_LT(stocked, 4 * smallest_block);
  Block* block = pool.get(2 * smallest_block);
  EXPECT_EQ(pool.bytes(), stocked + footprint(*block));
  pool.put(block);
}

TEST(BlockPoolModel, WhatIsFreedGoesOutBeforeTheStock) {
  BlockPool pool(1 << 20);
  Block* block = pool.get(smallest_block);
  pool.put(block);
  pool.stock(smallest_block);
  EXPECT_EQ(pool.get(smallest_block), block);
  pool.put(block);
}

TEST(BlockPoolModel, NothingIsStockedBeyondTheBounds) {
  BlockPool nothing_kept(0);
  nothing_kept.stock(smallest_block);
  EXPECT_EQ(nothing_kept.bytes(), 0);
  BlockPool full(1 << 20);
  full.set_bound(2 * smallest_block);
  Block* block = full.get(smallest_block);
  full.stock(smallest_block);
  EXPECT_EQ(full.bytes(), footprint(*block));
  full.put(block);
}

TEST(BlockPoolModel, KeepsNothingWhenItMayNot) {
  BlockPool pool(0);
  pool.put(pool.get(1));
  EXPECT_EQ(pool.bytes(), 0);
}

TEST(BlockPoolModel, TheLastHolderGivesTheBlockBack) {
  BlockPool pool(0);
  Block* block = pool.get(1);
  block->holders.store(4, std::memory_order_relaxed);  // [S10] as if handed to three sinks
  test::Threads threads;
  threads.start(4, [&](std::size_t) { pool.release(block); });
  threads.join();
  EXPECT_EQ(pool.bytes(), 0);
}

TEST(BlockPoolModel, ServesManyThreads) {
  BlockPool pool(1 << 18);
  test::Threads threads;
  threads.start(4, [&](std::size_t thread) {
    auto random = test::random_stream(thread);
    std::vector<Block*> held;
    for (int i = 0; i < 3'000; ++i) {
      if (random() % 4 == 0) pool.stock(static_cast<std::uint32_t>(random() % 70'000));
      if (random() % 2 == 0 && !held.empty()) {
        pool.put(held.back());
        held.pop_back();
      } else {
        Block* block = pool.get(static_cast<std::uint32_t>(random() % 70'000));
        ASSERT_NE(block, nullptr);
        block->bytes()[block->capacity - 1] = std::byte{1};
        held.push_back(block);
      }
    }
    for (Block* block : held) pool.put(block);
  });
  threads.join();
  EXPECT_LE(pool.bytes(), 1 << 18);
}

}  // namespace
}  // namespace penstock::pipeline
