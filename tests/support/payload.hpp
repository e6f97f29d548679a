// SPDX-License-Identifier: Apache-2.0
// payload.hpp: events that say whether they arrived whole, once, and in order.
#pragma once

#include <atomic>
#include <charconv>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>

#include "penstock/logger.hpp"
#include "support/sinks.hpp"

namespace penstock::test {

inline std::uint64_t checksum(std::uint64_t producer, std::uint64_t sequence,
                              std::string_view filler) {
  std::uint64_t sum = 14695981039346656037ull ^ producer;
  sum = (sum ^ sequence) * 1099511628211ull;
  for (const char c : filler) sum = (sum ^ static_cast<unsigned char>(c)) * 1099511628211ull;
  return sum;
}

// Logs one such event: number `sequence` of `producer`, counted from 1.
inline void log_payload(const Logger& log, std::uint64_t producer, std::uint64_t sequence,
                        std::string_view filler) {
  log.info("{} {} {} {}", producer, sequence, checksum(producer, sequence, filler), filler);
}

// What a CheckingSink has found.
struct Findings {
  std::uint64_t events = 0;
  std::string flaw{};                             // the first; empty when there is none
  std::map<std::uint64_t, std::uint64_t> last{};  // sequence, by producer
};

// Checks each payload: none torn, none twice, none out of its producer's order. Gaps are for the
// account to explain. `trouble` is asked at each write, and may make it fail.
class CheckingSink {
 public:
  using Trouble = std::function<WriteResult(const Batch&)>;  // ok: the batch is taken

  explicit CheckingSink(Trouble trouble = {}) : trouble_(std::move(trouble)) {}

  SinkOptions options(std::string name) const {
    return sink_options(std::move(name), "checking", [state = state_, trouble = trouble_] {
      return std::make_unique<Writer>(state, trouble);
    });
  }
  Findings findings() const {
    std::lock_guard lock(state_->mutex);
    return state_->found;
  }

 private:
  struct State {
    std::mutex mutex{};
    Findings found{};
  };
  class Writer final : public Sink {
   public:
    Writer(std::shared_ptr<State> state, Trouble trouble)
        : state_(std::move(state)), trouble_(std::move(trouble)) {}
    Status open(SinkContext&) override { return {}; }
    WriteResult write(const Batch& batch) override {
      WriteResult result = trouble_ ? trouble_(batch) : WriteResult::ok();
      std::size_t taken = 0;
      if (result.kind() == WriteResult::Kind::ok) taken = batch.size();
      if (result.kind() == WriteResult::Kind::retry) taken = result.settled();
      std::lock_guard lock(state_->mutex);
      for (const EventView& event : batch.events().first(taken)) check(event.message);
      return result;
    }

   private:
    void check(std::string_view message) {
      std::uint64_t numbers[3] = {};
      const char* at = message.data();
      const char* const end = at + message.size();
      for (std::uint64_t& number : numbers) {
        const auto [next, error] = std::from_chars(at, end, number);
        if (error != std::errc() || next == end || *next != ' ') return flaw("torn", message);
        at = next + 1;
      }
      const auto [producer, sequence, sum] = numbers;
      if (checksum(producer, sequence, {at, end}) != sum) return flaw("torn", message);
      std::uint64_t& last = state_->found.last[producer];
      if (sequence <= last) return flaw("twice or out of order", message);
      last = sequence;
      ++state_->found.events;
    }
    void flaw(std::string_view what, std::string_view message) {
      if (!state_->found.flaw.empty()) return;
      state_->found.flaw = std::string(what) + ": " + std::string(message.substr(0, 200));
    }

    std::shared_ptr<State> state_;
    Trouble trouble_;
  };

  Trouble trouble_;
  std::shared_ptr<State> state_ = std::make_shared<State>();
};

}  // namespace penstock::test
