// SPDX-License-Identifier: Apache-2.0
// worker_deliver.cpp: from the batch to the sink, and into the books.
#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "pipeline/core.hpp"
#include "pipeline/worker.hpp"

namespace penstock::pipeline {
namespace {
constexpr auto closing_pause = std::chrono::milliseconds(20);
}

bool Worker::batch_is_due(Time now) const {
  if (batch_->empty()) return false;
  if (batch_is_full() || channel_.options.batch.linger.count() <= 0) return true;
  return channel_.gate.has_waiters() || *batch_deadline_ <= now;
}

// Blocks are given back when their events are settled: a batch must not hold the whole queue.
bool Worker::batch_is_full() const noexcept {
  return batch_->full() || finished_bytes_ > channel_.gate.limit() / 4;
}

// Offers the batch until it is settled, or until the worker is told to abandon it.
void Worker::deliver() {
  if (batch_->empty()) return;
  ++batch_id_;
  std::size_t settled = 0;
  for (std::uint32_t attempt = 1; !abandoned(); ++attempt) {
    const Batch batch = batch_->batch(batch_id_, attempt, settled);
    std::optional<WriteResult> result = ask_sink(batch);
    if (!result) return;  // abandoned while it was pending
    const std::size_t left = batch_->size() - settled;
    if (result->kind() == WriteResult::Kind::ok || result->kind() == WriteResult::Kind::reject) {
      const bool ok = result->kind() == WriteResult::Kind::ok;
      const std::size_t rejected = ok ? 0
                                   : result->positions().empty()
                                       ? left
                                       : std::min(left, result->positions().size());
      set_state(SinkState::running, ok ? std::string() : result->reason());
      book(result->kind(), left - rejected, rejected);
      return end_batch();
    }
    if (result->kind() == WriteResult::Kind::retry) {
      const std::size_t delivered = std::min(left, result->delivered());
      settled += delivered;
      book(result->kind(), delivered, 0);
      if (settled == batch_->size()) return end_batch();  // then there is nothing to retry
      set_state(SinkState::retrying, result->reason());
      if (delivered != 0) backoff_.reset();
      pause(backoff_.next(result->after()));
    } else if (!reopen_sink(result->reason())) {
      return;
    }
  }
}

// All of it is settled.
void Worker::end_batch() {
  backoff_.reset();
  batch_->clear();
  batch_deadline_.reset();
  in_batch_booked_ = 0;
  release_finished();
}

// The sink's answer; what it throws is a failure that may pass.
std::optional<WriteResult> Worker::ask_sink(const Batch& batch) {
  {
    std::lock_guard lock(mutex_);
    awaited_batch_ = batch.id();
    settlement_.reset();
  }
  WriteResult result = WriteResult::ok();
  try {
    result = sink_->write(batch);
  } catch (const std::exception& error) {
    result = WriteResult::retry(fmt::format("its write() threw: {}", error.what()));
  } catch (...) {
    result = WriteResult::retry("its write() threw");
  }
  if (result.kind() != WriteResult::Kind::pending) return result;
  return wait_for_settlement(batch.id());
}

std::optional<WriteResult> Worker::wait_for_settlement(std::uint64_t) {
  std::unique_lock lock(mutex_);
  // Wakes now and then to see whether the pipeline has given up.
  while (!settlement_) {
    changed_.wait_for(lock, std::chrono::milliseconds(20));
    if (!settlement_ && abandoned()) return std::nullopt;
  }
  return std::move(*settlement_);
}

// Sleeps before the next try. A request (reopen, stop's end) ends the pause early.
bool Worker::pause(std::chrono::nanoseconds time) {
  base::Deadline until = base::deadline_after(time);
  while (std::chrono::steady_clock::now() < until && !abandoned()) {
    channel_.announce(Channel::napping);
    const std::uint32_t requests = channel_.requests() & (Channel::reopen | Channel::rotate);
    if (requests != 0) {
      channel_.get_up();
      obey(channel_.take_requests());
      return true;
    }
    if (abandoned()) break;
    // At the end there is no time for long pauses.
    if (closing()) until = std::min(until, base::deadline_after(closing_pause));
    channel_.sleep(Channel::napping, until);
  }
  channel_.get_up();
  return !abandoned();
}

bool Worker::reopen_sink(const std::string& reason) {
  set_state(SinkState::failed, reason);
  while (!abandoned()) {
    try {
      if (std::exchange(sink_is_open_, false)) sink_->close();
    } catch (...) {
      // closed as far as it goes
    }
    pause(backoff_.next({}));
    if (abandoned()) return false;
    const Status status = open_sink();
    if (status.ok()) {
      set_state(SinkState::running, {});
      return true;
    }
    set_state(SinkState::failed, status.errors().front().message);
  }
  return false;
}

// ---- books ------------------------------------------------------------------------------------

void Worker::set_state(SinkState state, const std::string& error) {
  std::lock_guard lock(channel_.mutex);
  if (channel_.frozen) return;
  channel_.ledger.state = state;
  if (channel_.ledger.last_error != error) channel_.ledger.last_error = error;
}

void Worker::book(WriteResult::Kind answer, std::size_t delivered_events,
                  std::size_t rejected_events) {
  const auto delivered = static_cast<std::int64_t>(delivered_events);
  const auto rejected = static_cast<std::int64_t>(rejected_events);
  std::lock_guard lock(channel_.mutex);
  if (channel_.frozen) return;
  Ledger& ledger = channel_.ledger;
  ledger.delivered += delivered;
  ledger.drops(DropReason::rejected) += rejected;
  ledger.dropped_by_worker += rejected;
  ledger.in_flight -= delivered + rejected;
  if (answer == WriteResult::Kind::ok) ++ledger.batches;
  if (answer == WriteResult::Kind::retry) ++ledger.retries;
}

// What was taken since the last time: filtered, or in the batch.
void Worker::publish_books() {
  if (batch_ == nullptr || new_taken_ == 0) return;
  std::lock_guard lock(channel_.mutex);
  if (!channel_.frozen) {
    channel_.ledger.taken += new_taken_;
    channel_.ledger.filtered += new_filtered_;
    channel_.ledger.in_flight += static_cast<std::int64_t>(batch_->size()) - in_batch_booked_;
    channel_.ledger.drops(DropReason::no_memory) += new_lost_;
    channel_.ledger.dropped_by_worker += new_lost_;
  }
  in_batch_booked_ = static_cast<std::int64_t>(batch_->size());
  new_taken_ = 0;
  new_filtered_ = 0;
  new_lost_ = 0;
}

}  // namespace penstock::pipeline
