// SPDX-License-Identifier: Apache-2.0
// stats.hpp: the account. For every sink, at every instant:
//   accepted = delivered + filtered + dropped(by reason) + dead_lettered + in_queue + in_spool +
//   in_flight
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "penstock/export.hpp"

namespace penstock {

// Why a sink did not get an event that it should have got. The words are the report's words.
enum class DropReason : std::uint8_t {
  queue_full,        // when_full: drop_newest, and no room
  queue_oldest,      // when_full: drop_oldest, and this was the oldest
  block_timeout,     // when_full: block, and no room within block_timeout
  too_large,         // larger than max_event_bytes, and oversize: refuse
  rejected,          // the sink refused it, and there is no dead-letter route
  no_memory,         // the system gave no memory for a block
  expired,           // not delivered within retry.expire_after
  processor_failed,  // one of its processors could not tell what becomes of it
};
inline constexpr std::size_t drop_reason_count = 8;
PENSTOCK_EXPORT std::string_view drop_reason_name(DropReason reason) noexcept;

// Why a sink did not get an event that it was not to get. The words are the report's words.
enum class FilterReason : std::uint8_t {
  not_wanted,    // by its level, or by routing
  rate_limited,  // beyond limits.rate_limit
  sampled,       // not in the sample: limits.sample
  duplicate,     // another one stands for it: limits.deduplicate
  processor,     // one of its processors dropped it
};
inline constexpr std::size_t filter_reason_count = 5;
PENSTOCK_EXPORT std::string_view filter_reason_name(FilterReason reason) noexcept;

enum class SinkState : std::uint8_t {
  starting,  // not open yet
  running,
  retrying,  // it could not deliver, and will be asked again
  failed,    // closed after `fatal`; it will be opened again
  stuck,     // a call of it, or an answer that it owes, takes longer than call_timeout
  stopped,
};
PENSTOCK_EXPORT std::string_view sink_state_name(SinkState state) noexcept;

// Closed: batches are offered. Open: after retry.breaker_failures failures in a row, none is until
// the backoff is over. Half-open: one is offered, and its answer decides.
enum class BreakerState : std::uint8_t { closed, open, half_open };
PENSTOCK_EXPORT std::string_view breaker_state_name(BreakerState state) noexcept;

// What became of the accepted events at one sink.
struct SinkStats {
  std::string name{};
  SinkState state = SinkState::starting;
  BreakerState breaker = BreakerState::closed;
  std::int64_t delivered = 0;
  std::int64_t filtered = 0;  // by level, routing, limits or processors: the sum of filtered_by
  std::array<std::int64_t, filter_reason_count> filtered_by{};
  std::array<std::int64_t, drop_reason_count> dropped{};
  std::int64_t dead_lettered = 0;  // refused by the sink, and handed to its dead-letter sink
  std::int64_t in_queue = 0;       // accepted, not yet taken by the sink's worker
  std::int64_t in_spool = 0;       // 0 in this version
  // In the batch that is being filled or delivered, or kept by limits.deduplicate for later.
  std::int64_t in_flight = 0;

  std::int64_t queue_bytes = 0;       // memory of the blocks that wait for this sink
  std::int64_t queue_bytes_high = 0;  // the most there has been
  std::int64_t batches = 0;           // write() calls answered ok
  std::int64_t retries = 0;           // write() calls answered retry
  std::string last_error{};           // empty while all is well
  // What the sink tells of itself (SinkContext::measure), by name: figures of the library that it
  // delivers with, for one. No part of the account.
  std::map<std::string, double> figures{};

  PENSTOCK_EXPORT std::int64_t dropped_total() const noexcept;
};

// A snapshot of the whole pipeline.
struct PipelineStats {
  std::int64_t accepted = 0;      // events that a producer has published; of these,
  std::int64_t dead_letters = 0;  // written by the pipeline for dead-letter sinks
  std::int64_t own_events = 0;    // by the logger `penstock`, about the pipeline's own troubles
  // Named destinations that no event can go to; an event can name several. No outcome of a sink.
  std::int64_t unknown_destination = 0;
  std::vector<std::string> unknown_destination_names{};  // each once, the first 64
  std::int64_t refused_after_stop = 0;  // calls after stop() or fork(): not accepted
  std::int64_t truncated = 0;           // accepted, but cut to max_event_bytes
  std::int64_t memory_bytes = 0;        // all blocks, in use or kept for reuse
  std::vector<SinkStats> sinks{};
  // Sinks of the configuration that could not be started, and why.
  struct LeftOut {
    std::string name{};
    std::string reason{};
  };
  std::vector<LeftOut> left_out{};

  // Sum over sinks of |accepted - (all outcomes)|. Anything but 0 is a defect of Penstock.
  std::int64_t conservation_error = 0;

  PENSTOCK_EXPORT const SinkStats* sink(std::string_view name) const noexcept;
  // True when every accepted event was delivered or filtered at every sink, and every named
  // destination existed.
  PENSTOCK_EXPORT bool all_delivered() const noexcept;
};

// The answer of Pipeline::stop.
struct StopReport {
  PipelineStats stats;
  // True when every sink had settled all it was given before the deadline. Otherwise in_queue and
  // in_flight of the sinks say what is left: in_queue was never offered and will not be delivered,
  // in_flight was with the sink and may still arrive, or was kept by limits and will not.
  bool complete = false;
  std::chrono::nanoseconds duration{};
};

}  // namespace penstock
