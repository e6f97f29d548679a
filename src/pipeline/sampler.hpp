// SPDX-License-Identifier: Apache-2.0
// sampler.hpp: takes one of N. Of each N in a row, counted from the first, exactly one is taken;
// which of them is drawn by a generator (splitmix64) from a seed. So the share is exact, a run can
// be repeated, and a rhythm in the traffic does not meet one in the choice, as it would if each
// N-th was taken.
//
// Pure.
#pragma once

#include <cstdint>

namespace penstock::pipeline {

class Sampler {
 public:
  // `n` is not 0.
  Sampler(std::uint32_t n, std::uint64_t seed) noexcept : n_(n), state_(seed) { draw(); }

  // Is the next one in the sample?
  bool take() noexcept {
    if (n_ == 1) return true;
    const bool taken = position_ == chosen_;
    if (++position_ == n_) {
      position_ = 0;
      draw();
    }
    return taken;
  }

 private:
  void draw() noexcept {
    state_ += 0x9E3779B97F4A7C15u;
    std::uint64_t bits = state_;
    bits = (bits ^ (bits >> 30)) * 0xBF58476D1CE4E5B9u;
    bits = (bits ^ (bits >> 27)) * 0x94D049BB133111EBu;
    bits ^= bits >> 31;
    chosen_ = static_cast<std::uint32_t>(bits % n_);
  }

  const std::uint32_t n_;
  std::uint64_t state_;
  std::uint32_t position_ = 0;
  std::uint32_t chosen_ = 0;
};

}  // namespace penstock::pipeline
