// SPDX-License-Identifier: Apache-2.0
// account.hpp: the account of a pipeline, checked.
#pragma once

#include <numeric>
#include <ostream>
#include <string>
#include <string_view>

#include <gtest/gtest.h>

#include "penstock/stats.hpp"

namespace penstock::test {

inline std::string describe(const SinkStats& sink) {
  std::string text = sink.name + ": delivered " + std::to_string(sink.delivered) + ", filtered " +
                     std::to_string(sink.filtered);
  for (std::size_t i = 0; i < drop_reason_count; ++i) {
    if (sink.dropped[i] == 0) continue;
    text += ", dropped(" + std::string(drop_reason_name(static_cast<DropReason>(i))) + ") " +
            std::to_string(sink.dropped[i]);
  }
  return text + ", dead_lettered " + std::to_string(sink.dead_lettered) + ", in_queue " +
         std::to_string(sink.in_queue) + ", in_spool " + std::to_string(sink.in_spool) +
         ", in_flight " + std::to_string(sink.in_flight);
}

// accepted == delivered + filtered + dropped + dead_lettered + in_queue + in_spool + in_flight, for
// each sink, nothing negative, and the pipeline's own cross-check says the same.
inline ::testing::AssertionResult adds_up(const PipelineStats& stats) {
  const auto fail = [&](const SinkStats* sink, std::string_view what) {
    auto result = ::testing::AssertionFailure() << what << "; accepted " << stats.accepted;
    if (sink != nullptr) result << "; " << describe(*sink);
    return result;
  };
  if (stats.conservation_error != 0) {
    auto result = fail(nullptr, "conservation_error is ") << stats.conservation_error;
    for (const SinkStats& sink : stats.sinks) result << "; " << describe(sink);
    return result;
  }
  for (const SinkStats& sink : stats.sinks) {
    const std::int64_t sum = sink.delivered + sink.filtered + sink.dropped_total() +
                             sink.dead_lettered + sink.in_queue + sink.in_spool + sink.in_flight;
    if (sum != stats.accepted) return fail(&sink, "does not add up");
    if (sink.delivered < 0 || sink.filtered < 0 || sink.dead_lettered < 0 || sink.in_queue < 0 ||
        sink.in_spool < 0 || sink.in_flight < 0) {
      return fail(&sink, "something is negative");
    }
    if (std::accumulate(sink.filtered_by.begin(), sink.filtered_by.end(), std::int64_t{0}) !=
        sink.filtered) {
      return fail(&sink, "filtered is not the sum of its reasons");
    }
    for (const std::int64_t filtered : sink.filtered_by) {
      if (filtered < 0) return fail(&sink, "filtered is negative");
    }
    for (const std::int64_t dropped : sink.dropped) {
      if (dropped < 0) return fail(&sink, "dropped is negative");
    }
  }
  return ::testing::AssertionSuccess();
}

inline std::int64_t dropped(const SinkStats& sink, DropReason reason) {
  return sink.dropped[static_cast<std::size_t>(reason)];
}

}  // namespace penstock::test
