// SPDX-License-Identifier: Apache-2.0
// spare_loads.hpp: the memory of batches that are settled, for those that come.
//
// With many batches in flight each would otherwise get its memory from the system, and the first
// touch of a page costs more than writing what goes into it. So memory is kept for as many as there
// were, as long as there is work.
//
// Threads  the worker
// Bound    bytes, given to the constructor; four are kept in any case
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "pipeline/load.hpp"

namespace penstock::pipeline {

class SpareLoads {
 public:
  explicit SpareLoads(std::size_t max_bytes) noexcept : max_bytes_(max_bytes) {}

  // An empty one; nothing when there is none.
  std::optional<Load> take() noexcept;
  // Empties the batch of a load that is settled and takes its memory: there is no batch any more.
  void keep(Load& load) noexcept;

  // Whether give_back() has something to give.
  bool is_much() const noexcept;
  // There was no work for a while: keeps what one batch after the other needs.
  void give_back() noexcept;

 private:
  static std::size_t bytes_of(const Load& load) noexcept;

  std::size_t max_bytes_;
  std::size_t bytes_ = 0;
  std::vector<Load> loads_{};
};

}  // namespace penstock::pipeline
