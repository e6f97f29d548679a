// SPDX-License-Identifier: Apache-2.0
// worker_deliver.cpp: from the batch to the sink, and into the books.
#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "pipeline/core.hpp"
#include "pipeline/limits.hpp"
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

// Offers the batch until each event is settled, or until the worker is told to abandon it.
void Worker::deliver() {
  if (batch_->empty()) return;
  Bisection plan(batch_->size());
  ++batch_id_;
  std::uint32_t attempt = 0;
  expiry_.progress();
  while (!plan.done()) {
    if (abandoned()) return;
    const Bisection::Range range = plan.next();
    const Batch batch = batch_->batch(batch_id_, ++attempt, range.begin, range.end);
    const std::optional<WriteResult> result = ask_sink(batch);
    if (!result) return;  // abandoned while it was pending
    if (take_answer(plan, *result)) {
      ++batch_id_;  // what is offered next is another batch
      attempt = 0;
    } else {
      const bool expired = expire(plan);
      if (result->kind() == WriteResult::Kind::fatal) {
        if (!reopen_sink(result->reason())) return;
      } else if (!expired) {
        fail(*result);
      }
    }
  }
  end_batch();
}

// True when the offer is settled, or will be offered in other parts. Otherwise what is left of it
// waits for the next try.
bool Worker::take_answer(Bisection& plan, const WriteResult& result) {
  const std::size_t offered = plan.next().size();
  switch (result.kind()) {
    case WriteResult::Kind::ok:
      succeed({});
      book({.delivered = offered, .batches = 1});
      if (plan.delivered(offered)) book({.rejected = 1});
      return true;
    case WriteResult::Kind::reject: {
      succeed(result.reason());
      if (result.positions().empty()) {
        if (plan.rejected()) book({.rejected = 1});
        return true;
      }
      const std::size_t rejected = std::min(offered, result.positions().size());
      book({.delivered = offered - rejected, .rejected = rejected});
      plan.named();
      return true;
    }
    case WriteResult::Kind::retry: {
      const std::size_t delivered = std::min(offered, result.settled());
      book({.delivered = delivered, .retries = 1});
      if (delivered == 0) return false;
      backoff_.reset();
      expiry_.progress();
      if (plan.delivered(delivered)) book({.rejected = 1});
      return delivered == offered;
    }
    default:
      return false;
  }
}

// The sink has answered: it is there.
void Worker::succeed(const std::string& complaint) {
  backoff_.reset();
  breaker_.succeeded();
  expiry_.progress();
  set_state(SinkState::running, complaint);
}

// Gives up the rest of the batch when it has been tried for too long.
bool Worker::expire(Bisection& plan) {
  if (!expiry_.failed(std::chrono::steady_clock::now())) return false;
  book({.expired = plan.left()});
  plan.give_up();
  return true;
}

// The sink could not deliver: waits, longer each time.
void Worker::fail(const WriteResult& result) {
  breaker_.failed();
  set_state(SinkState::retrying, result.reason());
  pause(backoff_.next(result.after()));
  breaker_.probe();
  set_state(SinkState::retrying, result.reason());
}

// All of it is settled.
void Worker::end_batch() {
  backoff_.reset();
  batch_->clear();
  batch_deadline_.reset();
  in_batch_booked_ = 0;
  release_finished();
}

// The sink's answer, also when it comes later.
std::optional<WriteResult> Worker::ask_sink(const Batch& batch) {
  {
    std::lock_guard lock(mutex_);
    awaited_batch_ = batch.id();
    settlement_.reset();
  }
  WriteResult result = call_sink(batch);
  if (result.kind() != WriteResult::Kind::pending) return result;
  return wait_for_settlement(batch.id());
}

// What it throws is a failure that may pass; when it goes on throwing, the sink is broken.
WriteResult Worker::call_sink(const Batch& batch) {
  std::string what;
  try {
    WriteResult result = sink_->write(batch);
    throws_in_a_row_ = 0;
    return result;
  } catch (const std::exception& error) {
    what = fmt::format("its write() threw: {}", error.what());
  } catch (...) {
    what = "its write() threw";
  }
  if (++throws_in_a_row_ < channel_.options.retry.error_budget) return WriteResult::retry(what);
  throws_in_a_row_ = 0;
  return WriteResult::fatal(what);
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
  breaker_.failed();
  set_state(SinkState::failed, reason);
  while (!abandoned()) {
    try {
      if (std::exchange(sink_is_open_, false)) sink_->close();
    } catch (...) {
      // closed as far as it goes
    }
    pause(backoff_.next({}));
    if (abandoned()) return false;
    breaker_.probe();
    const Status status = open_sink();
    if (status.ok()) {
      set_state(SinkState::running, {});
      return true;
    }
    breaker_.failed();
    set_state(SinkState::failed, status.errors().front().message);
  }
  return false;
}

// ---- books ------------------------------------------------------------------------------------

void Worker::set_state(SinkState state, const std::string& error) {
  std::lock_guard lock(channel_.mutex);
  if (channel_.frozen) return;
  channel_.ledger.state = state;
  channel_.ledger.breaker = breaker_.state();
  if (channel_.ledger.last_error != error) channel_.ledger.last_error = error;
}

void Worker::book(const Booking& booking) {
  const auto delivered = static_cast<std::int64_t>(booking.delivered);
  const auto rejected = static_cast<std::int64_t>(booking.rejected);
  const auto expired = static_cast<std::int64_t>(booking.expired);
  std::lock_guard lock(channel_.mutex);
  if (channel_.frozen) return;
  Ledger& ledger = channel_.ledger;
  ledger.delivered += delivered;
  ledger.drops(DropReason::rejected) += rejected;
  ledger.drops(DropReason::expired) += expired;
  ledger.dropped_by_worker += rejected + expired;
  ledger.in_flight -= delivered + rejected + expired;
  ledger.batches += booking.batches;
  ledger.retries += booking.retries;
}

// What was taken since the last time: filtered, or in the batch.
void Worker::publish_books() {
  const bool has_limits_news = limits_ != nullptr && limits_->has_news();
  if (batch_ == nullptr || (new_taken_ == 0 && !has_limits_news)) return;
  std::lock_guard lock(channel_.mutex);
  if (!channel_.frozen) {
    channel_.ledger.taken += new_taken_;
    channel_.ledger.filtered += new_filtered_;
    channel_.ledger.in_flight += static_cast<std::int64_t>(batch_->size()) - in_batch_booked_;
    channel_.ledger.drops(DropReason::no_memory) += new_lost_;
    channel_.ledger.dropped_by_worker += new_lost_;
    if (has_limits_news) limits_->book(channel_.ledger);
  }
  in_batch_booked_ = static_cast<std::int64_t>(batch_->size());
  new_taken_ = 0;
  new_filtered_ = 0;
  new_lost_ = 0;
}

}  // namespace penstock::pipeline
