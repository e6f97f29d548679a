// SPDX-License-Identifier: Apache-2.0
// The memory of settled batches: how much of it is kept, and that it is that of before.
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "event/random.hpp"
#include "pipeline/batch_builder.hpp"
#include "pipeline/spare_loads.hpp"

namespace penstock::pipeline {
namespace {

constexpr std::size_t always_kept = 4;

Load new_load() {
  Load load;
  load.batch = std::make_unique<BatchBuilder>(BatchOptions{}, FormatOptions{},
                                              Sink::Needs{.events = true, .encoded = false});
  return load;
}

void fill(Load& load, std::size_t events, std::size_t text_bytes) {
  const std::string text(text_bytes, 'x');
  for (std::size_t i = 0; i < events; ++i) {
    event::EventParts parts;
    parts.message = text;
    parts.has_message = true;
    load.batch->add(parts);
    load.origins.emplace_back();
  }
}

std::vector<Load> take_all(SpareLoads& spares) {
  std::vector<Load> taken;
  while (std::optional<Load> load = spares.take()) taken.push_back(*std::move(load));
  return taken;
}

std::size_t bytes_of(const std::vector<Load>& loads) {
  std::size_t bytes = 0;
  for (const Load& load : loads) bytes += load.batch->capacity();
  return bytes;
}

void keep_filled(SpareLoads& spares, std::size_t loads, std::size_t events) {
  for (std::size_t i = 0; i < loads; ++i) {
    Load load = new_load();
    fill(load, events, 100);
    spares.keep(load);
    ASSERT_EQ(load.batch, nullptr);
  }
}

TEST(SpareLoads, GivesMemoryThatWasUsedBefore) {
  SpareLoads spares(64 << 20);
  EXPECT_FALSE(spares.take());
  Load load = new_load();
  fill(load, 1000, 100);
  const std::size_t capacity = load.batch->capacity();
  EXPECT_GT(capacity, 1000 * 100u);
  spares.keep(load);
  std::optional<Load> again = spares.take();
  ASSERT_TRUE(again);
  EXPECT_TRUE(again->batch->empty());
  EXPECT_TRUE(again->origins.empty());
  EXPECT_TRUE(again->blocks.empty());
  EXPECT_EQ(again->batch->capacity(), capacity);
  EXPECT_FALSE(spares.take());
  fill(*again, 1000, 100);
  EXPECT_EQ(again->batch->capacity(), capacity);
}

TEST(SpareLoads, KeepsAsManyAsThereWere) {
  SpareLoads spares(64 << 20);
  keep_filled(spares, 32, 1000);
  EXPECT_EQ(take_all(spares).size(), 32u);
}

TEST(SpareLoads, KeepsNoMoreThanItMay) {
  constexpr std::size_t most = 2 << 20;
  SpareLoads spares(most);
  keep_filled(spares, 100, 1000);
  const std::vector<Load> taken = take_all(spares);
  EXPECT_LT(taken.size(), 100u);
  EXPECT_GT(bytes_of(taken), most / 2);
  EXPECT_LE(bytes_of(taken), most);
}

TEST(SpareLoads, KeepsSomeHoweverLarge) {
  SpareLoads spares(0);
  keep_filled(spares, 10, 1000);
  EXPECT_EQ(take_all(spares).size(), always_kept);
}

TEST(SpareLoads, GivesBackAllButALittle) {
  SpareLoads spares(64 << 20);
  EXPECT_FALSE(spares.is_much());
  keep_filled(spares, 32, 5000);
  EXPECT_TRUE(spares.is_much());
  spares.give_back();
  EXPECT_FALSE(spares.is_much());
  std::vector<Load> taken = take_all(spares);
  EXPECT_EQ(taken.size(), always_kept);
  for (Load& load : taken) {
    fill(load, 5000, 100);
    EXPECT_EQ(load.batch->size(), 5000u);
  }
}

// The bytes that it counts are those that it has, whatever comes and goes.
TEST(SpareLoads, CountsWhatItKeeps) {
  constexpr std::size_t most = 4 << 20;
  SpareLoads spares(most);
  event::Random random;
  std::vector<Load> in_flight;
  for (int turn = 0; turn < 2000; ++turn) {
    if (random.one_in(3) && !in_flight.empty()) {
      const std::size_t at = random.below(in_flight.size());
      spares.keep(in_flight[at]);
      in_flight.erase(in_flight.begin() + static_cast<std::ptrdiff_t>(at));
    } else if (in_flight.size() < 64) {
      std::optional<Load> spare = spares.take();
      in_flight.push_back(spare ? *std::move(spare) : new_load());
      fill(in_flight.back(), random.below(600), 300);
    }
    if (random.one_in(200)) spares.give_back();
  }
  for (Load& load : in_flight) spares.keep(load);
  const std::vector<Load> taken = take_all(spares);
  EXPECT_LE(bytes_of(taken), most);
  EXPECT_GT(taken.size(), always_kept);
  keep_filled(spares, 100, 1000);  // nothing of before counts any more
  EXPECT_GT(bytes_of(take_all(spares)), most / 2);
}

}  // namespace
}  // namespace penstock::pipeline
