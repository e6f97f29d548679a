// SPDX-License-Identifier: Apache-2.0
// breaker.hpp: the circuit breaker of a sink (M. Nygard, "Release It!", 2007). Closed: batches
// flow. Open, after some failures in a row: none is offered until the backoff is over. Half-open:
// one is offered as a probe; its answer closes the breaker or opens it again.
//
// Pure: knows no clock.
#pragma once

#include <cstdint>

#include "penstock/stats.hpp"

namespace penstock::pipeline {

class Breaker {
 public:
  explicit Breaker(std::uint32_t failures_to_open) noexcept : failures_to_open_(failures_to_open) {}

  BreakerState state() const noexcept { return state_; }

  // The sink answered, and is there.
  void succeeded() noexcept {
    failures_ = 0;
    state_ = BreakerState::closed;
  }
  void failed() noexcept {
    if (failures_ < failures_to_open_) ++failures_;
    if (failures_ == failures_to_open_) state_ = BreakerState::open;
  }
  // The backoff is over, and the next batch will be offered.
  void probe() noexcept {
    if (state_ == BreakerState::open) state_ = BreakerState::half_open;
  }

 private:
  const std::uint32_t failures_to_open_;
  std::uint32_t failures_ = 0;
  BreakerState state_ = BreakerState::closed;
};

}  // namespace penstock::pipeline
