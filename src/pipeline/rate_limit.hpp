// SPDX-License-Identifier: Apache-2.0
// rate_limit.hpp: a token bucket. It holds up to `burst` units and gains `per_second` of them every
// second, to the nano-unit: one nanosecond adds `per_second` of these, so that nothing is rounded
// and no drift adds up, whatever the steps of time.
//
// One who finds a unit in it may take any number: what is not there stays as a debt, which the time
// pays back first. So in any time t no more than burst + per_second * t units are taken, and what
// the last one took beyond the last unit.
//
// Bound  per_second and burst up to 2^33 units
//
// Pure: knows no clock. Time that goes back stands still.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <limits>

namespace penstock::pipeline {

class TokenBucket {
 public:
  using Time = std::chrono::steady_clock::time_point;

  // 0 per second: no limit. 0 burst: what comes in a second. It begins full.
  TokenBucket(std::uint64_t per_second, std::uint64_t burst) noexcept
      : per_second_(std::min(per_second, max_units)),
        capacity_(nano_units(burst != 0 ? burst : per_second)),
        level_(capacity_) {}

  // Brings in what has come up to `now`.
  void advance(Time now) noexcept {
    if (!started_ || now <= last_) {
      if (!started_) last_ = now;
      started_ = true;
      return;
    }
    const auto elapsed = static_cast<std::uint64_t>(now.time_since_epoch().count()) -
                         static_cast<std::uint64_t>(last_.time_since_epoch().count());
    last_ = now;
    if (per_second_ == 0) return;
    // Unsigned: a debt can be as deep as the bucket is high. Never more than the bucket holds, and
    // so no product that is too large.
    const auto missing = static_cast<std::uint64_t>(capacity_) - static_cast<std::uint64_t>(level_);
    if (elapsed > missing / per_second_) {
      level_ = capacity_;
    } else {
      level_ += static_cast<std::int64_t>(elapsed * per_second_);
    }
  }

  // Is there a unit in it?
  bool has() const noexcept { return per_second_ == 0 || level_ >= nano_units(1); }

  // Takes as many, whether they are there or not.
  void take(std::uint64_t units) noexcept {
    if (per_second_ == 0) return;
    const std::int64_t cost = nano_units(units);
    level_ = level_ < deepest + cost ? deepest : level_ - cost;
  }

 private:
  static constexpr std::uint64_t max_units = std::uint64_t{1} << 33;
  static constexpr std::int64_t deepest = std::numeric_limits<std::int64_t>::min() / 2;

  static std::int64_t nano_units(std::uint64_t units) noexcept {
    return static_cast<std::int64_t>(std::min(units, max_units) * 1'000'000'000);
  }

  const std::uint64_t per_second_;
  const std::int64_t capacity_;
  std::int64_t level_;
  Time last_{};
  bool started_ = false;
};

}  // namespace penstock::pipeline
