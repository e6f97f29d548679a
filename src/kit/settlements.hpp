// SPDX-License-Identifier: Apache-2.0
// settlements.hpp: the answers of a sink, those of write() and those that come later by settle().
//
// Threads  add() [any]; the rest by the thread of the case
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "penstock/plugin/abi.h"

namespace penstock::kit {

// A copy, and what is wrong with it.
struct Answer {
  std::uint32_t status = PENSTOCK_WRITE_OK;
  std::int64_t after_ns = 0;
  std::uint64_t settled = 0;
  std::string reason{};
  std::string flaw{};  // empty: it is well formed

  bool ok() const noexcept { return status == PENSTOCK_WRITE_OK; }
  bool pending() const noexcept { return status == PENSTOCK_WRITE_PENDING; }
};

// `events`: of the batch; `comes_late`: it is given to settle().
Answer read_answer(const penstock_answer& answer, std::uint64_t events, bool comes_late);
// "retry", "status 77".
std::string status_name(std::uint32_t status);

class Settlements final {
 public:
  // Before the offer is made.
  void expect(std::uint64_t token, std::uint64_t events);
  // settle() was called.
  void add(std::uint64_t token, const penstock_answer* answer);
  // The first answer for the offer; false when none comes in time.
  bool wait(std::uint64_t token, std::chrono::milliseconds time, Answer& answer);
  // How often it was answered by settle().
  std::size_t count(std::uint64_t token) const;
  // Of no offer that there was.
  std::vector<std::uint64_t> unknown_tokens() const;

 private:
  struct Offer {
    std::uint64_t events = 0;
    std::size_t answers = 0;
    Answer first{};
  };

  mutable std::mutex mutex_{};
  std::condition_variable came_{};
  std::map<std::uint64_t, Offer> offers_{};  // under mutex_
  std::vector<std::uint64_t> unknown_{};     // under mutex_
};

}  // namespace penstock::kit
