// SPDX-License-Identifier: Apache-2.0
// core_stop.cpp: the end of a pipeline, and its account.
#include <algorithm>
#include <numeric>

#include "base/membarrier.hpp"
#include "pipeline/core.hpp"
#include "pipeline/worker.hpp"

namespace penstock::pipeline {

namespace {

bool nothing_left(const PipelineStats& stats) {
  return std::all_of(stats.sinks.begin(), stats.sinks.end(), [](const SinkStats& sink) {
    return sink.in_queue + sink.in_spool + sink.in_flight == 0;
  });
}

}  // namespace

// No event is accepted from here on, but for those that threads are writing at this moment.
void Core::close() noexcept {
  closed_.store(true, std::memory_order_seq_cst);  // [S15] partner: Producer::make_room()
  {
    std::lock_guard lock(registry_);
    for (LoggerEntry* logger : loggers_by_id_) {
      // [S6] relaxed: see LoggerState.
      logger->state.pipeline_id.store(detail::no_pipeline, std::memory_order_relaxed);
    }
  }
  if (base::membarrier_available()) base::membarrier();
  for (const auto& channel : channels_) channel->gate.turn();
}

// Closes the sinks, each after those whose dead letters it takes: those it waits for nearly as long
// as there is time, and for no other.
bool Core::finish_workers(base::Deadline deadline) {
  const auto now = std::chrono::steady_clock::now();
  const auto last_part =
      std::min<std::chrono::nanoseconds>((deadline - now) / 10, std::chrono::milliseconds(200));
  const base::Deadline last_call =
      deadline == base::no_deadline ? deadline : std::max(now, deadline - last_part);
  for (Channel* channel : sources_first_) {
    if (sources_of(*channel).empty()) channel->request(Channel::close);
  }
  for (Channel* channel : sources_first_) {
    for (Channel* source : sources_of(*channel)) wait_for_end(*source, last_call);
    channel->request(Channel::close);
  }
  for (const auto& channel : channels_) channel->request(Channel::close);
  return wait_for_workers(deadline);
}

bool Core::wait_for_end(Channel& channel, base::Deadline deadline) {
  std::unique_lock lock(channel.mutex);
  const auto done = [&] { return channel.finished; };
  if (deadline == base::no_deadline) {
    channel.changed.wait(lock, done);
    return true;
  }
  return channel.changed.wait_until(lock, deadline, done);
}

bool Core::wait_for_workers(base::Deadline deadline) {
  bool all = true;
  for (const auto& channel : channels_) all = wait_for_end(*channel, deadline) && all;
  return all;
}

// Joins the workers that have ended; one that hangs in its sink is left behind with its thread,
// which keeps this pipeline's memory.
void Core::part_from_workers() {
  for (std::size_t i = 0; i < workers_.size(); ++i) {
    bool finished = false;
    {
      std::lock_guard lock(channels_[i]->mutex);
      finished = channels_[i]->finished;
    }
    workers_[i]->part(finished);
  }
}

StopReport Core::stop(std::chrono::nanoseconds timeout) {
  if (forked()) return {.stats = stats(), .complete = false};
  // A sink cannot wait for its own end.
  if (this_thread_works_for(*this)) return {.stats = stats(), .complete = false};
  const auto begin = std::chrono::steady_clock::now();
  {
    std::unique_lock lifecycle(lifecycle_);
    if (stopping_) return wait_for_report(lifecycle, base::deadline_after(timeout));
    stopping_ = true;
  }
  // A little of the time is for those who give up when told to.
  const auto grace =
      std::min<std::chrono::nanoseconds>(timeout / 10, std::chrono::milliseconds(50));
  supervisor_.stop_telling();
  close();
  const bool complete = finish_workers(base::deadline_after(timeout - grace));
  if (!complete) {
    for (const auto& channel : channels_) channel->request(Channel::abandon);
    wait_for_workers(base::deadline_after(grace));
  }
  supervisor_.stop();
  StopReport report;
  report.stats = collect(true);
  report.complete = complete && nothing_left(report.stats);
  part_from_workers();
  report.duration = std::chrono::steady_clock::now() - begin;
  {
    std::lock_guard lifecycle(lifecycle_);
    report_ = report;
  }
  stopped_.notify_all();
  return report;
}

// Another thread stops the pipeline, or has. It may have more patience than this one.
StopReport Core::wait_for_report(std::unique_lock<std::mutex>& lifecycle, base::Deadline deadline) {
  const auto begin = std::chrono::steady_clock::now();
  const auto done = [&] { return report_.has_value(); };
  if (deadline == base::no_deadline) {
    stopped_.wait(lifecycle, done);
  } else {
    stopped_.wait_until(lifecycle, deadline, done);
  }
  if (!report_) {
    lifecycle.unlock();
    return {
        .stats = stats(), .complete = false, .duration = std::chrono::steady_clock::now() - begin};
  }
  StopReport report = *report_;
  lifecycle.unlock();
  // A thread that was in the middle of a call during stop() may have added an event since.
  report.stats = stats();
  report.complete = report.complete && nothing_left(report.stats);
  return report;
}

void Core::disown_in_child() noexcept {
  // [S15] relaxed: only the forking thread is left.
  forked_.store(true, std::memory_order_relaxed);
  closed_.store(true, std::memory_order_relaxed);
}

// ---- the account ------------------------------------------------------------------------------

PipelineStats Core::stats() {
  if (forked()) {
    // [S14] relaxed: a count. Calls of the child, that is: nothing was refused while it was one.
    return {.refused_after_stop = epitaph_->refused.load(std::memory_order_relaxed)};
  }
  return collect(false);
}

// The ledgers first, then the producers: what is accepted only grows, so that in_queue, the
// difference, is never negative. A negative one is a defect and is reported as such.
PipelineStats Core::collect(bool freeze) {
  PipelineStats stats;
  const std::int64_t accepted_before = freeze ? account_of_producers().accepted : 0;
  std::vector<Ledger> ledgers;
  std::vector<std::int64_t> waiting(open_channels_.size(), -1);
  for (std::size_t i = 0; i < open_channels_.size(); ++i) {
    Channel& channel = *open_channels_[i];
    std::lock_guard lock(channel.mutex);
    if (freeze) {
      channel.frozen = true;
      // Counted a second way: what lies in blocks that nobody has read.
      if (channel.finished)
        waiting[i] = channel.events_waiting() + workers_[channel.index]->unread();
    }
    ledgers.push_back(channel.ledger);
  }
  const Producer::Account account = account_of_producers();
  // A thread that was writing during stop: the second count would be of another moment.
  const bool moving = freeze && account_of_producers().accepted != accepted_before;
  {
    std::lock_guard lock(registry_);
    stats.unknown_destination_names = unknown_names_;
  }
  stats.accepted = account.accepted;
  // [S14] [S15] relaxed: counts.
  stats.refused_after_stop = epitaph_->refused.load(std::memory_order_relaxed);
  stats.unknown_destination =
      epitaph_->unknown_destination.load(std::memory_order_relaxed);   // [S14]
  stats.truncated = truncated_.load(std::memory_order_relaxed);        // [S15]
  stats.dead_letters = dead_letters_.load(std::memory_order_relaxed);  // [S15]
  stats.own_events = own_events_.load(std::memory_order_relaxed);      // [S15]
  stats.memory_bytes = pool_.bytes();
  stats.left_out = left_out_;
  for (std::size_t i = 0; i < open_channels_.size(); ++i) {
    const Channel& channel = *open_channels_[i];
    SinkStats& sink = stats.sinks.emplace_back();
    sink.name = channel.options.name;
    sink.queue_bytes = channel.gate.used();
    sink.queue_bytes_high = channel.gate.high();
    stats.conservation_error += fill_sink(sink, ledgers[i], account, channel.index);
    sink.in_queue = stats.accepted - sink.delivered - sink.filtered - sink.dropped_total() -
                    sink.dead_lettered - sink.in_spool - sink.in_flight;
    stats.conservation_error += std::max<std::int64_t>(0, -sink.in_queue);
    if (waiting[i] >= 0 && !moving)
      stats.conservation_error += std::abs(waiting[i] - sink.in_queue);
  }
  return stats;
}

Producer::Account Core::account_of_producers() {
  Producer::Account account;
  account.dropped.resize(channels_.size());
  account.excluded.resize(channels_.size());
  std::lock_guard lock(registry_);
  for (Producer& producer : producers_) producer.add_to(account);
  return account;
}

namespace {

// What keeps the sink from delivering; else what it, and its processors, have told.
std::string text_of_troubles(const Ledger& ledger) {
  if (!ledger.last_error.empty()) return ledger.last_error;
  if (ledger.problem.empty()) return ledger.processor_problem;
  if (ledger.processor_problem.empty()) return ledger.problem;
  return ledger.problem + "; " + ledger.processor_problem;
}

}  // namespace

// Returns by how much the worker's own books do not add up.
std::int64_t Core::fill_sink(SinkStats& sink, const Ledger& ledger,
                             const Producer::Account& account, std::size_t index) {
  sink.state = ledger.state;
  sink.delivered = ledger.delivered;
  sink.filtered = ledger.filtered + account.excluded[index];
  sink.filtered_by = ledger.limited;
  sink.filtered_by[static_cast<std::size_t>(FilterReason::not_wanted)] =
      sink.filtered - std::accumulate(ledger.limited.begin(), ledger.limited.end(), 0ll);
  sink.dropped = ledger.dropped;
  sink.dead_lettered = ledger.dead_lettered;
  sink.in_flight = ledger.in_flight;
  sink.batches = ledger.batches;
  sink.retries = ledger.retries;
  sink.breaker = ledger.breaker;
  sink.last_error = text_of_troubles(ledger);
  sink.figures = ledger.figures;
  for (std::size_t reason = 0; reason < drop_reason_count; ++reason) {
    sink.dropped[reason] += account.dropped[index][reason];
  }
  return std::abs(ledger.taken - ledger.delivered - ledger.filtered - ledger.in_flight -
                  ledger.dead_lettered - ledger.dropped_by_worker);
}

}  // namespace penstock::pipeline
