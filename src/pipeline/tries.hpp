// SPDX-License-Identifier: Apache-2.0
// tries.hpp: how often each event of a batch has been offered, and what was wrong. Pure: knows no
// clock.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "base/bisection.hpp"

namespace penstock::pipeline {

using base::Bisection;

class Tries {
 public:
  struct Trouble {
    std::string error{};
    std::int64_t time_ns = 0;  // since 1970-01-01 UTC
  };

  void offered(Bisection::Range range) {
    // What was settled before this range is not asked for any more.
    std::erase_if(offers_, [&](const Offer& offer) { return offer.range.end <= range.begin; });
    if (!offers_.empty() && offers_.back().range.end == range.end &&
        offers_.back().range.begin <= range.begin) {
      ++offers_.back().times;
    } else {
      offers_.push_back({range, 1});
    }
  }
  void failed(const std::string& error, std::int64_t time_ns) {
    if (first_.error.empty()) first_ = {error, time_ns};
    last_ = {error, time_ns};
  }

  // How many offers held the event. Only of one that is not settled.
  std::uint32_t of(std::size_t event) const noexcept {
    std::uint32_t times = 0;
    for (const Offer& offer : offers_) {
      if (offer.range.begin <= event && event < offer.range.end) times += offer.times;
    }
    return times;
  }
  const Trouble& first() const noexcept { return first_; }
  const Trouble& last() const noexcept { return last_; }

 private:
  struct Offer {
    Bisection::Range range;
    std::uint32_t times;
  };
  std::vector<Offer> offers_{};
  Trouble first_{};
  Trouble last_{};
};

}  // namespace penstock::pipeline
