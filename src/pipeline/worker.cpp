// SPDX-License-Identifier: Apache-2.0
// worker.cpp: the life of a worker: open, loop, finish.
#include "pipeline/worker.hpp"

#include <pthread.h>
#include <sched.h>
#include <signal.h>

#include <fmt/format.h>

#include "base/membarrier.hpp"
#include "pipeline/core.hpp"
#include "pipeline/limits.hpp"

namespace penstock::pipeline {
namespace {

constexpr auto longest_start = std::chrono::seconds(10);

void name_thread(const std::string& sink) {
  pthread_setname_np(pthread_self(), ("ps:" + sink).substr(0, 15).c_str());
}

// False when the system has none of these CPUs for this process.
bool set_affinity(const std::vector<int>& cpus) {
  if (cpus.empty()) return true;
  cpu_set_t set;
  CPU_ZERO(&set);
  for (const int cpu : cpus) {
    if (cpu >= 0 && cpu < CPU_SETSIZE) CPU_SET(static_cast<std::size_t>(cpu), &set);
  }
  return pthread_setaffinity_np(pthread_self(), sizeof set, &set) == 0;
}

// While it lives, the threads that are made take no signals: they are the application's.
class SignalsBlocked {
 public:
  SignalsBlocked() {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before_);
  }
  ~SignalsBlocked() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  SignalsBlocked(const SignalsBlocked&) = delete;
  SignalsBlocked& operator=(const SignalsBlocked&) = delete;

 private:
  sigset_t before_{};
};

}  // namespace

Worker::Worker(const std::shared_ptr<Core>& core, Channel& channel)
    : core_(*core),
      channel_(channel),
      level_(channel.options.level.value_or(core_.default_level())),
      router_(core_.router()),
      membarrier_(base::membarrier_available()),
      backoff_(std::hash<std::string>{}(channel.options.name), channel.options.retry.min_backoff,
               channel.options.retry.max_backoff),
      breaker_(channel.options.retry.breaker_failures),
      expiry_(channel.options.retry.expire_after),
      limits_(make_limits(channel.options)) {
  // The thread keeps the pipeline's memory, and with it this object, for as long as it runs.
  const SignalsBlocked blocked;
  thread_ = std::thread([this, keep = core] { run(); });
}

Worker::~Worker() {
  if (thread_.joinable()) thread_.detach();
}

Status Worker::wait_until_open() {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, longest_start, [&] { return opened_.has_value(); });
  counted_as_open_ = !opened_.has_value();
  return opened_.value_or(Status());
}

void Worker::part(bool finished) {
  if (!thread_.joinable()) return;
  if (finished) {
    thread_.join();
  } else {
    thread_.detach();
  }
}

std::int64_t Worker::unread() const noexcept {
  std::int64_t events = 0;
  for (const Cursor& cursor : cursors_) {
    if (cursor.block != nullptr) events += committed_of(*cursor.block).events() - cursor.events;
  }
  return events;
}

void Worker::give_up_blocks() noexcept {
  for (Cursor& cursor : cursors_) {
    if (cursor.block != nullptr) core_.pool().release(cursor.block);
    cursor.block = nullptr;
  }
  for (const Finished& finished : finished_) core_.pool().release(finished.block);
  finished_.clear();
}

void Worker::report(std::string_view problem) {
  std::lock_guard lock(channel_.mutex);
  if (!channel_.frozen) channel_.ledger.problem = problem;
}

void Worker::settle(std::uint64_t batch_id, WriteResult result) {
  {
    std::lock_guard lock(mutex_);
    if (awaited_batch_ != batch_id || settlement_) return;
    settlement_ = std::move(result);
  }
  changed_.notify_all();
}

void Worker::run() {
  mark_this_thread_as_worker(core_);
  name_thread(channel_.options.name);
  const bool placed = set_affinity(channel_.options.affinity);
  if (open_at_start() || open_late()) {
    if (!placed) report("its affinity names CPUs that it cannot have");
    loop();
  }
  finish();
}

// Makes the sink if it is not there yet, and opens it.
Status Worker::open_sink() {
  Status status;
  try {
    if (sink_ == nullptr) sink_ = channel_.options.make();
    if (sink_ == nullptr) return Status::failure("its factory made no sink");
    if (batch_ == nullptr) {
      batch_ = std::make_unique<BatchBuilder>(channel_.options.batch, channel_.options.format,
                                              sink_->needs());
    }
    status = sink_->open(*this);
  } catch (const std::exception& error) {
    status = Status::failure(fmt::format("its open() threw: {}", error.what()));
  } catch (...) {
    status = Status::failure("its open() threw");
  }
  sink_is_open_ = status.ok();
  return status;
}

bool Worker::open_at_start() {
  const Status status = open_sink();
  set_state(status.ok() ? SinkState::running : SinkState::failed,
            status.ok() ? std::string() : status.errors().front().message);
  {
    std::lock_guard lock(mutex_);
    opened_ = status;
  }
  changed_.notify_all();
  return status.ok();
}

// The start did not wait for the sink any longer, and producers count on it: it is opened when it
// can be.
bool Worker::open_late() {
  {
    std::lock_guard lock(mutex_);
    if (!counted_as_open_) return false;
  }
  return reopen_sink(opened_->errors().front().message);
}

bool Worker::closing() const noexcept {
  return (channel_.requests() & (Channel::close | Channel::abandon)) != 0;
}
bool Worker::abandoned() const noexcept {
  return (channel_.requests() & Channel::abandon) != 0 || core_.forked();
}

void Worker::loop() {
  while (!abandoned()) {
    obey(channel_.take_requests());
    const bool last_round = closing();
    if (last_round || channel_.flush_requested() != flush_done_) {
      serve_flush();
      if (last_round) return;
      continue;
    }
    // First the horizon, then the pull: what was published before it is then in sight, however
    // recent its block. The other way round, an event could overtake one that came before it.
    const std::uint64_t horizon = horizon_now();
    pull();
    std::uint64_t news = drain(horizon);
    if (limits_ != nullptr) news += release_kept(horizon);
    const Time now = std::chrono::steady_clock::now();
    publish_books();
    set_batch_deadline(now);
    if (batch_is_due(now)) deliver();
    if (batch_->empty()) release_finished();
    if (news != 0) {
      last_news_ = now;
      if (now - last_cooling_ > std::chrono::milliseconds(10)) {
        cool_down(now, std::chrono::milliseconds(10));
      }
    } else {
      rest(now);
    }
  }
}

Status Worker::flush_sink() {
  try {
    return sink_->flush();
  } catch (...) {
    return Status::failure("its flush() threw");
  }
}

// What was accepted before the request is delivered and flushed; at the end, all there is.
void Worker::serve_flush() {
  const std::uint64_t ticket = channel_.flush_requested();
  drain_all();
  if (abandoned()) return;
  const Status status = flush_sink();
  if (!status.ok()) set_state(SinkState::running, status.errors().front().message);
  flush_done_ = ticket;
  {
    std::lock_guard lock(channel_.mutex);
    channel_.flush_done = ticket;
    if (status.ok()) channel_.flush_good = ticket;
    channel_.drained = closing();
  }
  channel_.changed.notify_all();
}

// Opening a closed sink again does what either request asks for.
void Worker::obey(std::uint32_t requests) {
  if (!sink_is_open_) return;
  try {
    if ((requests & Channel::reopen) != 0) sink_->control(SinkControl::reopen);
    if ((requests & Channel::rotate) != 0) sink_->control(SinkControl::rotate);
  } catch (...) {
    set_state(SinkState::running, "its control() threw");
  }
}

void Worker::finish() {
  const bool was_open = sink_is_open_;
  if (was_open) {
    try {
      sink_->close();
    } catch (...) {
      // closed as far as it goes
    }
  }
  publish_books();
  sink_.reset();  // here, where it has lived; and before what it may still call
  {
    std::lock_guard lock(channel_.mutex);
    // The last error stays: it says why something is left.
    if (!channel_.frozen && was_open) channel_.ledger.state = SinkState::stopped;
    channel_.finished = true;
  }
  channel_.changed.notify_all();
}

}  // namespace penstock::pipeline
