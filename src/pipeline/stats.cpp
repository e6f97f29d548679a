// SPDX-License-Identifier: Apache-2.0
#include "penstock/stats.hpp"

#include <numeric>

namespace penstock {

std::string_view drop_reason_name(DropReason reason) noexcept {
  switch (reason) {
    case DropReason::queue_full:
      return "queue_full";
    case DropReason::queue_oldest:
      return "queue_oldest";
    case DropReason::block_timeout:
      return "block_timeout";
    case DropReason::too_large:
      return "too_large";
    case DropReason::rejected:
      return "rejected";
    case DropReason::no_memory:
      return "no_memory";
    case DropReason::expired:
      return "expired";
    case DropReason::processor_failed:
      return "processor_failed";
  }
  return "unknown";
}

std::string_view filter_reason_name(FilterReason reason) noexcept {
  switch (reason) {
    case FilterReason::not_wanted:
      return "not_wanted";
    case FilterReason::rate_limited:
      return "rate_limited";
    case FilterReason::sampled:
      return "sampled";
    case FilterReason::duplicate:
      return "duplicate";
    case FilterReason::processor:
      return "processor";
  }
  return "unknown";
}

std::string_view sink_state_name(SinkState state) noexcept {
  switch (state) {
    case SinkState::starting:
      return "starting";
    case SinkState::running:
      return "running";
    case SinkState::retrying:
      return "retrying";
    case SinkState::failed:
      return "failed";
    case SinkState::stuck:
      return "stuck";
    case SinkState::stopped:
      return "stopped";
  }
  return "unknown";
}

std::string_view breaker_state_name(BreakerState state) noexcept {
  switch (state) {
    case BreakerState::closed:
      return "closed";
    case BreakerState::open:
      return "open";
    case BreakerState::half_open:
      return "half_open";
  }
  return "unknown";
}

std::int64_t SinkStats::dropped_total() const noexcept {
  return std::accumulate(dropped.begin(), dropped.end(), std::int64_t{0});
}

const SinkStats* PipelineStats::sink(std::string_view name) const noexcept {
  for (const SinkStats& sink : sinks) {
    if (sink.name == name) return &sink;
  }
  return nullptr;
}

bool PipelineStats::all_delivered() const noexcept {
  if (unknown_destination != 0) return false;
  for (const SinkStats& sink : sinks) {
    if (sink.delivered + sink.filtered != accepted) return false;
  }
  return true;
}

}  // namespace penstock
