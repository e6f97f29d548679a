// SPDX-License-Identifier: Apache-2.0
// worker.cpp: the life of a worker: open, loop, finish.
#include "pipeline/worker.hpp"

#include <pthread.h>
#include <sched.h>

#include <fmt/format.h>

#include "base/membarrier.hpp"
#include "base/signals_blocked.hpp"
#include "pipeline/core.hpp"
#include "pipeline/limits.hpp"

namespace penstock::pipeline {
namespace {

constexpr auto longest_start = std::chrono::seconds(10);
constexpr Level above_all{level_count};  // no event has it

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

}  // namespace

Worker::Worker(const std::shared_ptr<Core>& core, Channel& channel)
    : core_(*core),
      channel_(channel),
      level_(channel.options.only_dead_letters
                 ? above_all
                 : channel.options.level.value_or(core_.default_level())),
      router_(core_.router()),
      membarrier_(base::membarrier_available()),
      wants_origins_(!channel.options.dead_letter.empty()),
      limits_(make_limits(channel.options)),
      delivery_(*core, channel) {
  // The thread keeps the pipeline's memory, and with it this object, for as long as it runs.
  const base::SignalsBlocked blocked;
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
  for (const ReadBlock& read : load_.blocks) core_.pool().release(read.block);
  load_.blocks.clear();
  delivery_.give_up_blocks();
}

void Worker::run() {
  mark_this_thread_as_worker(core_);
  name_thread(channel_.options.name);
  const bool placed = set_affinity(channel_.options.affinity);
  if (open_at_start() || open_late()) {
    if (!placed) delivery_.report("its affinity names CPUs that it cannot have");
    largest_load_ = channel_.gate.limit() / (2 * (std::int64_t{delivery_.max_in_flight()} + 1));
    processors_ = delivery_.processors();
    load_ = delivery_.new_load();
    loop();
  }
  finish();
}

bool Worker::open_at_start() {
  const Status status = delivery_.open();
  delivery_.set_state(status.ok() ? SinkState::running : SinkState::failed,
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
  delivery_.open_later(opened_->errors().front().message);
  while (!delivery_.is_open() && !abandoned()) {
    if (closing() && channel_.nothing_pushed()) break;  // nobody misses it
    await_delivery();
  }
  return delivery_.is_open();
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
    if (closing()) return deliver_the_rest();
    begin_flush();
    delivery_.work();
    end_flush();
    if (delivery_.full()) {
      await_delivery();
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
    drain_for_flush(horizon);
    end_flush();
    if (load_.batch->empty()) delivery_.give_back(load_);
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

void Worker::obey(std::uint32_t requests) {
  if ((requests & Channel::reopen) != 0) delivery_.control(SinkControl::reopen);
  if ((requests & Channel::rotate) != 0) delivery_.control(SinkControl::rotate);
}

// ---- flush ------------------------------------------------------------------------------------
//
// A flush changes nothing about how events are read and delivered, but that the batch which holds
// the last one before it does not linger. So one that runs out of time leaves no trace.

void Worker::begin_flush() {
  const std::uint64_t ticket = channel_.flush_requested();
  if (flush_ || ticket == flush_done_) return;
  flush_ = Flush{.ticket = ticket, .end = detail::ticks() + slack_ticks};
}

// After a pass up to `horizon`: has everything been read that was published before the request?
void Worker::drain_for_flush(std::uint64_t horizon) {
  if (!flush_ || flush_->drained || horizon < flush_->end) return;
  if (!heap_.empty() && heap_.front().ticks <= flush_->end) return;
  if (delivery_.full()) return;  // then the batch has just been sent; the next pass is as good
  bool all = true;
  if (limits_ != nullptr) {
    release_all_kept(horizon, flush_->kept_is_due);
    publish_books();
    all = !batch_is_full();
  }
  deliver();
  flush_->drained = all;
  flush_->last = delivery_.last_number();
}

void Worker::end_flush() {
  if (!flush_ || !flush_->drained) return;
  if (!delivery_.settled_through(flush_->last) || !delivery_.is_open()) return;
  const std::uint64_t ticket = flush_->ticket;
  flush_.reset();
  answer_flush(ticket);
}

void Worker::answer_flush(std::uint64_t ticket) {
  const bool was_open = delivery_.is_open();
  const Status status = delivery_.flush();
  if (was_open && !status.ok()) {
    delivery_.set_state(SinkState::running, status.errors().front().message);
  }
  flush_done_ = ticket;
  {
    std::lock_guard lock(channel_.mutex);
    channel_.flush_done = ticket;
    if (status.ok()) channel_.flush_good = ticket;
    channel_.drained = closing();
  }
  channel_.changed.notify_all();
}

// ---- the end ----------------------------------------------------------------------------------

// The end: all there is, delivered and flushed.
void Worker::deliver_the_rest() {
  const std::uint64_t ticket = channel_.flush_requested();
  drain_all();
  if (!abandoned()) answer_flush(ticket);
}

void Worker::finish() {
  const bool was_open = delivery_.is_open();
  publish_books();
  delivery_.close();  // here, where the sink has lived; and before what it may still call
  {
    std::lock_guard lock(channel_.mutex);
    // The last error stays: it says why something is left.
    const bool is_well = was_open && channel_.ledger.state != SinkState::stuck;
    if (!channel_.frozen && is_well) channel_.ledger.state = SinkState::stopped;
    channel_.finished = true;
  }
  channel_.changed.notify_all();
}

}  // namespace penstock::pipeline
