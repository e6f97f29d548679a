// SPDX-License-Identifier: Apache-2.0
#include "pipeline/spare_loads.hpp"

#include <algorithm>
#include <utility>

#include "pipeline/batch_builder.hpp"

namespace penstock::pipeline {
namespace {
constexpr std::size_t always_kept = 4;
}

std::size_t SpareLoads::bytes_of(const Load& load) noexcept {
  return load.batch->capacity() + load.origins.capacity() * sizeof load.origins[0];
}

std::optional<Load> SpareLoads::take() noexcept {
  if (loads_.empty()) return std::nullopt;
  std::optional<Load> load(std::move(loads_.back()));
  loads_.pop_back();
  bytes_ -= bytes_of(*load);
  return load;
}

void SpareLoads::keep(Load& load) noexcept {
  load.batch->clear();
  load.origins.clear();
  const std::size_t bytes = bytes_of(load);
  if (loads_.size() >= always_kept && bytes_ + bytes > max_bytes_) return load.batch.reset();
  try {
    loads_.emplace_back();
  } catch (...) {
    return load.batch.reset();  // for want of memory to keep memory
  }
  loads_.back().batch = std::move(load.batch);
  loads_.back().origins = std::move(load.origins);
  bytes_ += bytes;
}

bool SpareLoads::is_much() const noexcept {
  return loads_.size() > always_kept ||
         std::any_of(loads_.begin(), loads_.end(),
                     [](const Load& load) { return load.batch->can_shrink(); });
}

void SpareLoads::give_back() noexcept {
  while (loads_.size() > always_kept) loads_.pop_back();
  bytes_ = 0;
  for (const Load& load : loads_) {
    load.batch->shrink();
    bytes_ += bytes_of(load);
  }
}

}  // namespace penstock::pipeline
