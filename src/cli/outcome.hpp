// SPDX-License-Identifier: Apache-2.0
// outcome.hpp: all that is known at the end of a run.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "cli/event_reader.hpp"
#include "penstock/stats.hpp"

namespace penstock::cli {

struct Outcome {
  PipelineStats stats{};
  LineCounts lines{};
  bool complete = false;  // every sink settled all it was given
  int stop_signal = 0;    // that ended the input; 0: it ended by itself
  bool left_now = false;  // a second signal came: what is in the queues was given up
  std::vector<std::string> input_errors{};
  std::chrono::nanoseconds elapsed{};

  // Every line was read, and its event delivered or filtered at every sink.
  bool all_well() const noexcept {
    return complete && !left_now && input_errors.empty() && stats.all_delivered() &&
           stats.refused_after_stop == 0 && stats.conservation_error == 0;
  }
};

}  // namespace penstock::cli
