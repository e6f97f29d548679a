// SPDX-License-Identifier: Apache-2.0
#include "sinks/overlapped_sink.hpp"

#include <algorithm>
#include <exception>
#include <utility>

#include "sinks/io_thread.hpp"

namespace penstock::sinks {
namespace {

bool is_failure(const Batch& batch, const WriteResult& result) noexcept {
  if (result.kind() == WriteResult::Kind::fatal) return true;
  return result.kind() == WriteResult::Kind::retry && result.settled() < batch.size();
}

}  // namespace

OverlappedSink::OverlappedSink(std::unique_ptr<Sink> sink, std::size_t large)
    : sink_(std::move(sink)), large_(large) {}

OverlappedSink::~OverlappedSink() { end_thread(); }

Sink::Needs OverlappedSink::needs() const noexcept {
  Needs needs = sink_->needs();
  needs.max_in_flight = std::max(needs.max_in_flight, 2u);
  return needs;
}

Status OverlappedSink::open(SinkContext& context) {
  context_ = &context;
  has_failed_ = false;
  pending_.reserve(context.max_in_flight());
  return sink_->open(context);
}

WriteResult OverlappedSink::write(const Batch& batch) {
  const bool is_large = batch.encoded().size() >= large_ && context_->max_in_flight() > 1;
  std::unique_lock lock(mutex_);
  // What is offered again comes from one who knows of the failure, and sends nothing new before it.
  if (batch.attempt() > 1) has_failed_ = false;
  if (has_failed_) return WriteResult::retry(failure_);
  if (pending_.empty() && (!is_large || !start_thread())) {
    lock.unlock();
    return sink_->write(batch);
  }
  pending_.push_back(batch);
  news_.notify_one();
  return WriteResult::pending();
}

Status OverlappedSink::flush() {
  wait_until_idle();
  return sink_->flush();
}

void OverlappedSink::control(SinkControl request) {
  wait_until_idle();
  sink_->control(request);
}

void OverlappedSink::close() {
  end_thread();
  sink_->close();
}

void OverlappedSink::wait_until_idle() {
  std::unique_lock lock(mutex_);
  idle_.wait(lock, [&] { return pending_.empty(); });
}

// ---- the thread -------------------------------------------------------------------------------

// False when there is none: then the worker writes.
bool OverlappedSink::start_thread() noexcept {
  if (thread_.joinable()) return true;
  try {
    thread_ = start_io_thread(context_->sink_name(), [this] { run(); });
    return true;
  } catch (const std::exception&) {
    return false;
  }
}

// After it has settled all that is pending.
void OverlappedSink::end_thread() noexcept {
  if (!thread_.joinable()) return;
  {
    std::lock_guard lock(mutex_);
    ends_ = true;
    news_.notify_one();
  }
  thread_.join();
  ends_ = false;
}

void OverlappedSink::run() noexcept {
  std::unique_lock lock(mutex_);
  for (;;) {
    news_.wait(lock, [&] { return ends_ || !pending_.empty(); });
    if (pending_.empty()) return;
    const Batch batch = pending_.front();
    lock.unlock();
    write_next(batch);
    lock.lock();
    // Not before it is settled: until then the worker keeps away from the sink.
    pending_.erase(pending_.begin());
    if (pending_.empty()) idle_.notify_one();
  }
}

// When it fails, those behind it must not overtake it: they are to come again as well.
void OverlappedSink::write_next(const Batch& batch) {
  WriteResult result = call_sink(batch);
  if (!is_failure(batch, result)) return context_->settle(batch.token(), std::move(result));
  std::vector<Batch> behind;
  {
    std::lock_guard lock(mutex_);
    has_failed_ = true;
    failure_ = result.reason();
    behind.assign(pending_.begin() + 1, pending_.end());
    pending_.erase(pending_.begin() + 1, pending_.end());
  }
  const std::string reason = result.reason();
  context_->settle(batch.token(), std::move(result));
  for (const Batch& next : behind) context_->settle(next.token(), WriteResult::retry(reason));
}

WriteResult OverlappedSink::call_sink(const Batch& batch) {
  try {
    return sink_->write(batch);
  } catch (const std::exception& error) {
    return WriteResult::retry(std::string("its write() threw: ") + error.what());
  } catch (...) {
    return WriteResult::retry("its write() threw");
  }
}

}  // namespace penstock::sinks
