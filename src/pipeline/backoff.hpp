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
  Backoff(std::uint64_t seed, std::chrono::nanoseconds shortest, std::chrono::nanoseconds longest)
      : shortest_(shortest), longest_(std::max(shortest, longest)), random_(seed) {}

  // The next delay; a sink's own `hint` holds when it gives one.
  std::chrono::nanoseconds next(std::chrono::nanoseconds hint) {
    const std::chrono::nanoseconds ceiling = ceiling_;
    ceiling_ = ceiling_ < longest_ / 2 ? ceiling_ * 2 : longest_;
    if (hint.count() > 0) return hint;
    std::uniform_int_distribution<std::int64_t> up_to(shortest_.count() / 10, ceiling.count());
    return std::chrono::nanoseconds(up_to(random_));
  }
  // After a success.
  void reset() noexcept { ceiling_ = shortest_; }

 private:
  const std::chrono::nanoseconds shortest_;
  const std::chrono::nanoseconds longest_;
  std::chrono::nanoseconds ceiling_ = shortest_;
  std::minstd_rand random_;
};

}  // namespace penstock::pipeline
