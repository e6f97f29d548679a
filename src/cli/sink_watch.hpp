// SPDX-License-Identifier: Apache-2.0
// sink_watch.hpp: which sink got into trouble, and which one got out of it, since the last look.
//
// Threads  one at a time
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "penstock/stats.hpp"

namespace penstock::cli {

class SinkWatch {
 public:
  using Clock = std::chrono::steady_clock;

  // A sink that changes to and fro speaks no more often; what is missed is said later.
  static constexpr std::chrono::seconds silence{1};

  // A line for each sink whose state is another than the last one that was told.
  std::vector<std::string> news(const PipelineStats& stats, Clock::time_point now);
  // Was there something that is not to be said yet?
  bool has_more() const noexcept { return has_more_; }

 private:
  enum class Trouble { none, opening, complaining, retrying, failed };
  struct Told {
    Trouble trouble = Trouble::none;
    Clock::time_point time{};
    bool ever = false;
  };

  static Trouble trouble_of(const SinkStats& sink) noexcept;
  static std::string line(const SinkStats& sink, Trouble trouble);

  std::vector<Told> told_{};  // by position in PipelineStats::sinks
  bool has_more_ = false;
};

// May their states still change without new events? A pipeline at rest need not be looked at.
bool is_at_work(const PipelineStats& stats) noexcept;

}  // namespace penstock::cli
