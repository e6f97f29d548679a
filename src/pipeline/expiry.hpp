// SPDX-License-Identifier: Apache-2.0
// expiry.hpp: how long events have been tried in vain. Pure: knows no clock.
#pragma once

#include <chrono>
#include <optional>

#include "penstock/options.hpp"

namespace penstock::pipeline {

class Expiry {
 public:
  using Time = std::chrono::steady_clock::time_point;

  explicit Expiry(std::chrono::nanoseconds limit) noexcept : limit_(limit) {}

  // A try has failed. True when the first one since the last progress was `limit` ago.
  bool failed(Time now) noexcept {
    if (!since_) since_ = now;
    return limit_ != forever && now - *since_ >= limit_;
  }
  // Something was settled, or other events are tried: the time begins anew.
  void progress() noexcept { since_.reset(); }

 private:
  const std::chrono::nanoseconds limit_;
  std::optional<Time> since_{};
};

}  // namespace penstock::pipeline
