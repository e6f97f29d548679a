// SPDX-License-Identifier: Apache-2.0
// worker_deliver.cpp: when a batch is ready, and what is booked of it before it goes.
#include "pipeline/core.hpp"
#include "pipeline/limits.hpp"
#include "pipeline/worker.hpp"

namespace penstock::pipeline {

bool Worker::batch_is_due(Time now) const {
  if (load_.batch->empty()) return false;
  if (batch_is_full() || channel_.options.batch.linger.count() <= 0) return true;
  return channel_.gate.has_waiters() || *batch_deadline_ <= now;
}

// Hands the batch over, and with it what has been booked as in flight.
void Worker::deliver() {
  if (load_.batch->empty()) return;
  delivery_.send(std::move(load_));
  batch_deadline_.reset();
  in_batch_booked_ = 0;
  delivery_.work();
  load_ = delivery_.new_load();
}

// What was taken since the last time: filtered, or in the batch.
void Worker::publish_books() {
  process_watch_.reset();
  const bool has_limits_news = limits_ != nullptr && limits_->has_news();
  if (load_.batch == nullptr || (new_taken_ == 0 && !has_limits_news)) return;
  std::unique_lock lock(channel_.mutex);
  if (!channel_.frozen) {
    channel_.ledger.taken += new_taken_;
    channel_.ledger.filtered += new_filtered_ + new_processed_out_;
    channel_.ledger.limited[static_cast<std::size_t>(FilterReason::processor)] +=
        new_processed_out_;
    channel_.ledger.in_flight += static_cast<std::int64_t>(load_.batch->size()) - in_batch_booked_;
    channel_.ledger.drops(DropReason::no_memory) += new_lost_;
    channel_.ledger.drops(DropReason::processor_failed) += new_unprocessed_;
    channel_.ledger.dropped_by_worker += new_lost_ + new_unprocessed_;
    if (has_limits_news) limits_->book(channel_.ledger);
  }
  lock.unlock();
  if (new_lost_ + new_unprocessed_ != 0) core_.supervisor().events_are_dropped();
  in_batch_booked_ = static_cast<std::int64_t>(load_.batch->size());
  new_taken_ = 0;
  new_filtered_ = 0;
  new_lost_ = 0;
  new_processed_out_ = 0;
  new_unprocessed_ = 0;
}

}  // namespace penstock::pipeline
