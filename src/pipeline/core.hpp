// SPDX-License-Identifier: Apache-2.0
// core.hpp: a running pipeline: its sinks' channels and workers, its producers and loggers.
//
// Threads  all [any], unless said
// Order    locks, outer to inner: lifecycle_, registry_, a producer's, a channel's
// Sync     [S15]; see docs/concurrency.md for start, stop and fork
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "penstock/options.hpp"
#include "penstock/pipeline.hpp"
#include "penstock/stats.hpp"
#include "pipeline/block.hpp"
#include "pipeline/channel.hpp"
#include "pipeline/producer.hpp"
#include "pipeline/registry.hpp"
#include "pipeline/router.hpp"
#include "pipeline/supervisor.hpp"

namespace penstock::pipeline {

class Worker;

class Core : public std::enable_shared_from_this<Core> {
 public:
  // Options are valid. Fails when a required sink cannot be opened, or none can.
  static Result<std::shared_ptr<Core>> start(PipelineOptions options);
  ~Core();
  Core(const Core&) = delete;
  Core& operator=(const Core&) = delete;

  // ---- for the public Pipeline
  detail::LoggerState& logger(std::string_view name);
  void set_level(std::string_view logger, std::optional<Level> level);
  // What a level rule says of events of that logger; false: it keeps them out.
  bool allows(std::string_view logger, Level level);
  std::uint64_t id() const noexcept { return id_; }
  bool flush(std::chrono::nanoseconds timeout);
  StopReport stop(std::chrono::nanoseconds timeout);
  PipelineStats stats();
  void control(SinkControl what, std::string_view sink);

  // ---- for producers
  // The sinks that are open.
  const std::vector<Channel*>& channels() const noexcept { return open_channels_; }
  BlockPool& pool() noexcept { return pool_; }
  std::uint32_t max_event_bytes() const noexcept { return max_event_bytes_; }
  std::uint32_t largest_block_bytes() const noexcept { return largest_block_bytes_; }
  bool closed() const noexcept {
    return closed_.load(std::memory_order_seq_cst);  // [S15] partner: close()
  }
  void count_refused() noexcept;
  Producer* attach();
  void detach(Producer& producer);
  // [S15] Counts of what happened to events before they were accepted, or beside it. Relaxed.
  void count_unknown_destinations(std::uint32_t names) noexcept;
  void count_truncated() noexcept;
  void count_dead_letter() noexcept;
  void count_own_event() noexcept;

  // ---- for loggers
  Oversize oversize() const noexcept { return options_.oversize; }
  const Router& router() const noexcept { return *router_; }
  Level default_level() const noexcept { return options_.default_level; }
  // Bits of those sinks, and how many of the names are no destination: no sink has them, or it
  // takes dead letters only and the event does not go there as it is.
  struct Destinations {
    std::uint64_t mask = 0;
    std::uint32_t unknown = 0;
  };
  Destinations resolve(std::span<const std::string_view> names, bool as_is = false);

  // ---- for workers
  // The name behind a logger's id.
  std::string_view logger_name(std::uint32_t id);
  // After the gate of a sink was given something back: asks producers whose open block it did not
  // get for a new one.
  void room_was_made(Channel& channel);
  // The open sink of that name; null when there is none.
  Channel* open_channel(std::string_view name) noexcept;
  Supervisor& supervisor() noexcept { return supervisor_; }
  bool forked() const noexcept {
    return forked_.load(std::memory_order_relaxed);  // [S15] relaxed: set while one thread is left
  }

  // ---- for the registry: in a fork's child
  void disown_in_child() noexcept;

 private:
  explicit Core(PipelineOptions options);

  Errors open_sinks();
  void configure_bounds();
  void close() noexcept;
  void order_by_dead_letters();
  void offer_room_to_producers(std::uint64_t sink_bit);
  bool finish_workers(base::Deadline deadline);
  static bool wait_for_flush(Channel& channel, std::uint64_t ticket, base::Deadline deadline);
  std::vector<Channel*> sources_of(const Channel& target) const;
  static bool wait_for_end(Channel& channel, base::Deadline deadline);
  bool wait_for_workers(base::Deadline deadline);
  StopReport wait_for_report(std::unique_lock<std::mutex>& lifecycle, base::Deadline deadline);
  void part_from_workers();
  PipelineStats collect(bool freeze);
  Producer::Account account_of_producers();
  std::int64_t fill_sink(SinkStats& sink, const Ledger& ledger, const Producer::Account& account,
                         std::size_t index);
  Level level_of(std::string_view name) const;  // under registry_
  void apply_level(LoggerEntry& entry);         // under registry_

  const PipelineOptions options_;
  const std::uint64_t id_;
  Epitaph* const epitaph_;
  BlockPool pool_;
  std::vector<std::unique_ptr<Channel>> channels_{};
  std::vector<Channel*> open_channels_{};
  std::vector<std::unique_ptr<Worker>> workers_{};
  // The open sinks, each after all that send it their dead letters.
  std::vector<Channel*> sources_first_{};
  Supervisor supervisor_;
  std::unique_ptr<Router> router_{};
  std::vector<PipelineStats::LeftOut> left_out_{};
  std::uint32_t max_event_bytes_ = 0;
  std::uint32_t largest_block_bytes_ = largest_block;
  Level lowest_sink_level_ = Level::critical;

  std::mutex registry_{};
  std::deque<Producer> producers_{};                            // under registry_ to grow
  std::vector<Producer*> free_producers_{};                     // under registry_
  std::map<std::string, LoggerEntry*, std::less<>> loggers_{};  // under registry_
  std::vector<LoggerEntry*> loggers_by_id_{};                   // under registry_
  std::vector<LevelRule> levels_{};                             // under registry_
  std::vector<std::string> unknown_names_{};                    // under registry_

  // [S15] closed_: set once by stop (or fork), read by whoever opens a block. seq_cst: set, then a
  //       membarrier, then the last look at the blocks. The counts: relaxed.
  std::atomic<bool> closed_{false};
  std::atomic<bool> forked_{false};
  std::atomic<bool> has_rules_{false};
  std::atomic<std::int64_t> truncated_{0};
  std::atomic<std::int64_t> dead_letters_{0};
  std::atomic<std::int64_t> own_events_{0};

  std::mutex lifecycle_{};
  std::condition_variable stopped_{};
  bool stopping_ = false;               // under lifecycle_
  std::optional<StopReport> report_{};  // under lifecycle_
};

}  // namespace penstock::pipeline
