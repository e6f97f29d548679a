// SPDX-License-Identifier: Apache-2.0
#include "sinks/overlapped_sink.hpp"

#include <algorithm>
#include <chrono>
#include <exception>
#include <sched.h>
#include <unistd.h>
#include <utility>

#include "sinks/io_thread.hpp"

namespace penstock::sinks {
namespace {

// The pause that a failure asks for is what counts, not that of what is refused for it.
constexpr std::chrono::nanoseconds at_once{1};

constexpr std::uint32_t usual_in_flight = 4;

bool is_failure(const Batch& batch, const WriteResult& result) noexcept {
  if (result.kind() == WriteResult::Kind::fatal) return true;
  return result.kind() == WriteResult::Kind::retry && result.settled() < batch.size();
}

bool has_one_cpu() noexcept {
  cpu_set_t cpus;
  CPU_ZERO(&cpus);
  return ::sched_getaffinity(0, sizeof cpus, &cpus) == 0 && CPU_COUNT(&cpus) == 1;
}

// Empty when there is no memory for it.
std::string thrown(const char* what) noexcept {
  try {
    return std::string("its write() threw: ") + what;
  } catch (const std::exception&) {
    return {};
  }
}

}  // namespace

OverlappedSink::OverlappedSink(std::unique_ptr<Sink> sink, std::size_t large)
    : sink_(std::move(sink)), large_(large) {}

OverlappedSink::~OverlappedSink() { end_thread(); }

Sink::Needs OverlappedSink::needs() const noexcept {
  Needs needs = sink_->needs();
  needs.max_in_flight = std::max(needs.max_in_flight, usual_in_flight);
  return needs;
}

Status OverlappedSink::open(SinkContext& context) {
  context_ = &context;
  has_failed_ = false;
  most_in_flight_ = context.max_in_flight();
  may_overlap_ = most_in_flight_ > 1 && !has_one_cpu();
  pending_.reserve(most_in_flight_ + 1);  // the first stays for a while when it is settled
  worker_ = ::gettid();
  return sink_->open(context);
}

WriteResult OverlappedSink::write(const Batch& batch) {
  std::unique_lock lock(mutex_);
  // What is offered again comes from one who has the answers to all batches that have failed: that
  // of a refused one as well comes from us, after those.
  if (batch.attempt() > 1) has_failed_ = false;
  if (has_failed_) {
    context_->settle(batch.token(), refusal());
    return WriteResult::pending();
  }
  if (pending_.empty() && (!is_for_thread(batch) || !start_thread())) {
    lock.unlock();
    return sink_->write(batch);
  }
  pending_.push_back(batch);
  worker_cpu_ = ::sched_getcpu();
  // The pipeline would wait now, and the thread, awake or not, has not got a CPU.
  if (pending_.size() == most_in_flight_ && !is_writing_) write_first(lock);
  lock.unlock();  // or the thread would wake only to wait for it
  news_.notify_one();
  return WriteResult::pending();
}

// What comes again is alone in flight, and whoever counts what write() throws sees it.
bool OverlappedSink::is_for_thread(const Batch& batch) const noexcept {
  return may_overlap_ && batch.encoded().size() >= large_ && batch.attempt() == 1;
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

// After the batch that it is writing.
void OverlappedSink::end_thread() noexcept {
  if (!thread_.joinable()) return;
  {
    std::lock_guard lock(mutex_);
    if (pending_.size() > 1) pending_.erase(pending_.begin() + 1, pending_.end());
    ends_ = true;
    news_.notify_one();
  }
  thread_.join();
  ends_ = false;
}

void OverlappedSink::run() noexcept {
  std::unique_lock lock(mutex_);
  for (;;) {
    news_.wait(lock, [&] { return ends_ || (!pending_.empty() && !is_writing_); });
    if (pending_.empty()) return;
    // The kernel wakes a thread where it last ran, and may find no idle CPU when all have been
    // busy.
    if (::sched_getcpu() == worker_cpu_) leave_cpu_to(worker_, worker_cpu_);
    write_first(lock);
    if (pending_.empty()) idle_.notify_one();
  }
}

// Not settled before it is out of the way: until then the other thread keeps away from the sink.
void OverlappedSink::write_first(std::unique_lock<std::mutex>& lock) noexcept {
  const Batch batch = pending_.front();
  is_writing_ = true;
  lock.unlock();
  write_next(batch);
  lock.lock();
  is_writing_ = false;
  pending_.erase(pending_.begin());
}

// When it fails, those behind it must not overtake it: they are to come again as well. write()
// waits for the lock, and so nobody has an answer to a later batch before the one to this.
void OverlappedSink::write_next(const Batch& batch) noexcept {
  WriteResult result = call_sink(batch);
  if (!is_failure(batch, result)) return context_->settle(batch.token(), std::move(result));
  std::lock_guard lock(mutex_);
  has_failed_ = true;
  failure_.clear();
  try {
    failure_ = result.reason();
  } catch (const std::exception&) {
    // for want of memory: then without
  }
  context_->settle(batch.token(), std::move(result));
  for (std::size_t i = 1; i < pending_.size(); ++i) {
    context_->settle(pending_[i].token(), refusal());
  }
  if (pending_.size() > 1) pending_.erase(pending_.begin() + 1, pending_.end());
}

WriteResult OverlappedSink::call_sink(const Batch& batch) noexcept {
  try {
    return sink_->write(batch);
  } catch (const std::exception& error) {
    return WriteResult::retry(thrown(error.what()));
  } catch (...) {
    return WriteResult::retry(thrown("something"));
  }
}

WriteResult OverlappedSink::refusal() const noexcept {
  try {
    return WriteResult::retry(failure_, at_once);
  } catch (const std::exception&) {
    return WriteResult::retry({}, at_once);
  }
}

}  // namespace penstock::sinks
