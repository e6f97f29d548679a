// SPDX-License-Identifier: Apache-2.0
// backoff.hpp: how long to wait before the next try: exponential, with full jitter
// (AWS Architecture Blog, "Exponential Backoff And Jitter", 2015). Pure: knows no clock.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <random>

namespace penstock::pipeline {

class Backoff {
 public:
  explicit Backoff(std::uint64_t seed) : random_(seed) {}

  // The next delay; a sink's own `hint` holds when it gives one.
  std::chrono::nanoseconds next(std::chrono::nanoseconds hint) {
    const std::chrono::nanoseconds ceiling = ceiling_;
    ceiling_ = std::min(ceiling_ * 2, longest);
    if (hint.count() > 0) return hint;
    std::uniform_int_distribution<std::int64_t> up_to(shortest.count() / 10, ceiling.count());
    return std::chrono::nanoseconds(up_to(random_));
  }
  // After a success.
  void reset() noexcept { ceiling_ = shortest; }

  static constexpr std::chrono::nanoseconds shortest = std::chrono::milliseconds(100);
  static constexpr std::chrono::nanoseconds longest = std::chrono::seconds(30);

 private:
  std::chrono::nanoseconds ceiling_ = shortest;
  std::minstd_rand random_;
};

}  // namespace penstock::pipeline
