// SPDX-License-Identifier: Apache-2.0
// delivery.cpp: the sink's life, and the batches on their way to it.
#include "pipeline/delivery.hpp"

#include <algorithm>
#include <cmath>
#include <random>

#include <fmt/format.h>

#include "pipeline/call_watch.hpp"
#include "pipeline/core.hpp"
#include "pipeline/processors.hpp"

namespace penstock::pipeline {
namespace {
// At the end there is no time for long pauses; what the sink itself asks for holds.
constexpr auto closing_pause = std::chrono::milliseconds(100);

constexpr std::size_t longest_figure_name = 64;

// In a catch block: what was thrown.
std::string thrown_by(std::string_view call) {
  try {
    throw;
  } catch (const std::exception& error) {
    return fmt::format("its {}() threw: {}", call, error.what());
  } catch (...) {
    return fmt::format("its {}() threw", call);
  }
}

}  // namespace

Delivery::Delivery(Core& core, Channel& channel)
    : core_(core),
      channel_(channel),
      spares_(channel.options.queue.max_bytes),
      backoff_(std::random_device{}(), channel.options.retry.min_backoff,
               channel.options.retry.max_backoff),
      breaker_(channel.options.retry.breaker_failures) {}

Delivery::~Delivery() = default;

// ---- the sink's life --------------------------------------------------------------------------

Status Delivery::open() {
  Status status;
  const CallWatch call(core_.supervisor(), channel_);
  try {
    if (sink_ == nullptr) sink_ = channel_.options.make();
    if (sink_ == nullptr) return Status::failure("its factory made no sink");
    if (Status made = make_processors(); !made.ok()) return made;
    needs_ = sink_->needs();
    status = sink_->open(*this);
  } catch (...) {
    status = Status::failure(thrown_by("open"));
  }
  sink_is_open_ = status.ok();
  was_open_ = was_open_ || sink_is_open_;
  return status;
}

Status Delivery::make_processors() {
  if (processors_ != nullptr || channel_.options.processors.empty()) return {};
  auto made = Processors::make(channel_.options.processors);
  if (!made) return made.errors();
  processors_ = *std::move(made);
  report_processors({});
  return {};
}

void Delivery::open_later(const std::string& error) {
  was_open_ = true;  // counted as such by the start, so nobody else tells of it
  pause({});
  set_state(SinkState::failed, error);
}

Status Delivery::flush() {
  if (!sink_is_open_) return Status::failure(last_error_);
  const CallWatch call(core_.supervisor(), channel_);
  try {
    return sink_->flush();
  } catch (...) {
    return Status::failure(thrown_by("flush"));
  }
}

void Delivery::control(SinkControl what) {
  next_try_ = {};
  if (!sink_is_open_) return;
  const CallWatch call(core_.supervisor(), channel_);
  try {
    sink_->control(what);
  } catch (...) {
    set_state(SinkState::running, thrown_by("control"));
  }
}

void Delivery::close() noexcept {
  const CallWatch call(core_.supervisor(), channel_);
  try {
    if (std::exchange(sink_is_open_, false)) sink_->close();
    take_answers();  // that came before the end of close()
  } catch (...) {
    // closed as far as it goes
  }
  sink_.reset();
  processors_.reset();
}

// The sink cannot go on: whatever it has not answered for by the end of close() is offered again.
void Delivery::close_broken() {
  {
    const CallWatch call(core_.supervisor(), channel_);
    try {
      sink_->close();
    } catch (...) {
      // closed as far as it goes
    }
  }
  sink_is_open_ = false;
  take_answers();
  stop_awaiting();
  for (Flight& flight : flights_) {
    flight.repeated = flight.repeated || flight.token != 0;
    flight.token = 0;
  }
  set_state(SinkState::failed, *std::exchange(broken_, std::nullopt));
}

// ---- batches ----------------------------------------------------------------------------------

Load Delivery::new_load() {
  if (std::optional<Load> spare = spares_.take()) return *std::move(spare);
  Load load;
  load.batch =
      std::make_unique<BatchBuilder>(channel_.options.batch, channel_.options.format, needs_);
  return load;
}

void Delivery::send(Load load) {
  flights_.emplace_back(std::move(load), ++last_id_, channel_.options.retry.expire_after);
  flights_.back().number = ++last_number_;
}

void Delivery::give_back(Load& load) {
  if (load.blocks.empty()) return;
  if (flights_.empty()) {
    release(load);
    return;
  }
  // Some of the events in them may be in a batch before.
  Load& last = flights_.back().load;
  last.blocks.insert(last.blocks.end(), load.blocks.begin(), load.blocks.end());
  load.blocks.clear();
  load.block_bytes = 0;
}

std::uint32_t Delivery::max_in_flight() const noexcept {
  constexpr std::uint32_t most = 1000;
  return channel_.options.max_in_flight.value_or(std::clamp(needs_.max_in_flight, 1u, most));
}

// Nothing more is read while it could not be offered, nor when what is decoded already takes as
// much memory as may wait in the queue.
bool Delivery::full() const noexcept {
  const std::size_t most = max_in_flight();
  std::size_t unsettled = 0;
  std::size_t bytes = 0;
  for (const Flight& flight : flights_) {
    if (flight.settled()) continue;
    if (flight.token == 0) return true;
    ++unsettled;
    bytes += flight.load.batch->bytes() + flight.load.batch->size() * sizeof(penstock_event);
  }
  // Those that are settled wait only for one before them.
  return unsettled >= most || flights_.size() >= 4 * most ||
         bytes >= channel_.options.queue.max_bytes;
}

// The earliest batch that waits for an offer, unless one before it has to be settled first: after a
// failure nothing new goes out until that is over, and an open breaker lets one through as a probe.
const Delivery::Flight* Delivery::next_to_offer() const noexcept {
  for (const Flight& flight : flights_) {
    if (flight.settled()) continue;
    if (flight.token == 0) return &flight;
    if (flight.repeated || breaker_.state() != BreakerState::closed) return nullptr;
  }
  return nullptr;
}

void Delivery::work() {
  do {
    take_answers();
    release_settled();
    while (!stopping() && !broken_) {
      Flight* flight = const_cast<Flight*>(next_to_offer());  // it is one of flights_
      if (flight == nullptr) {
        if (!sink_is_open_) may_offer();
        break;
      }
      if (!flight->refused.empty()) {
        if (!post_letters(*flight)) break;
      } else if (may_offer()) {
        offer(*flight);
      } else {
        break;
      }
    }
    if (broken_) close_broken();
    release_settled();
  } while (has_answers() && !stopping());
  say_how_long_pending();
}

// To the supervisor: since when the sink owes an answer.
void Delivery::say_how_long_pending() {
  std::optional<Time> since;
  for (const Flight& flight : flights_) {
    if (flight.token == 0 || flight.settled()) continue;
    if (!since || flight.offered_at < *since) since = flight.offered_at;
  }
  if (since == told_pending_since_) return;
  told_pending_since_ = since;
  bool was_late = false;
  {
    std::lock_guard lock(channel_.mutex);
    channel_.pending_since = since;
    was_late = std::exchange(channel_.answer_is_late, false);
  }
  if (was_late) {
    core_.supervisor().note(channel_, Supervisor::Kind::unstuck, {});
    if (!paused_ && sink_is_open_) set_state(SinkState::running, {});
  } else if (since) {
    core_.supervisor().call_begins();
  }
}

Delivery::Time Delivery::due() const noexcept {
  const Flight* flight = next_to_offer();
  if (flight != nullptr && !flight->refused.empty()) return next_post_;
  if (flight == nullptr && sink_is_open_) return base::no_deadline;
  return end_of_pause();
}

// At the end the sink gets one more chance at once.
Delivery::Time Delivery::end_of_pause() const noexcept {
  if ((channel_.requests() & Channel::close) == 0) return next_try_;
  if (!had_last_chance_) return {};
  return was_hinted_ ? next_try_ : std::min(next_try_, paused_at_ + closing_pause);
}

bool Delivery::stopping() const noexcept {
  return (channel_.requests() & Channel::abandon) != 0 || core_.forked();
}

// False while there is a pause, or the sink cannot be opened.
bool Delivery::may_offer() {
  if (paused_) {
    if (std::chrono::steady_clock::now() < end_of_pause()) return false;
    if ((channel_.requests() & Channel::close) != 0) had_last_chance_ = true;
    paused_ = false;
    breaker_.probe();
    set_state(sink_is_open_ ? SinkState::retrying : SinkState::failed, last_error_);
  }
  if (sink_is_open_) return true;
  const Status status = open();
  if (status.ok()) {
    set_state(SinkState::running, {});
    return true;
  }
  const std::string error = status.errors().front().message;
  pause({});
  set_state(SinkState::failed, error);
  for (Flight& flight : flights_) {
    if (flight.plan.done()) continue;
    flight.tries.failed(error, now_ns());
    expire(flight);
  }
  return false;
}

void Delivery::offer(Flight& flight) {
  const Bisection::Range range = flight.plan.next();
  const Batch batch = flight.load.batch->batch({.id = flight.id,
                                                .token = ++last_token_,
                                                .begin = range.begin,
                                                .end = range.end,
                                                .offset = flight.offset,
                                                .attempt = ++flight.attempt});
  flight.token = last_token_;
  flight.offered_at = std::chrono::steady_clock::now();
  flight.tries.offered(range);
  {
    std::lock_guard lock(mutex_);
    awaited_.push_back(flight.token);
    answers_.reserve(answers_.size() + awaited_.size());  // settle() needs no memory
  }
  const WriteResult result = call_sink(batch);
  if (result.kind() == WriteResult::Kind::pending) return;
  stop_awaiting(std::exchange(flight.token, 0));
  answered(flight, result);
}

// What it throws is a failure that may pass; when it goes on throwing, the sink is broken.
WriteResult Delivery::call_sink(const Batch& batch) {
  std::string what;
  try {
    const CallWatch call(core_.supervisor(), channel_);
    WriteResult result = sink_->write(batch);
    throws_in_a_row_ = 0;
    return result;
  } catch (...) {
    what = thrown_by("write");
  }
  if (++throws_in_a_row_ < channel_.options.retry.error_budget) return WriteResult::retry(what);
  throws_in_a_row_ = 0;
  return WriteResult::fatal(what);
}

// All of the batches at the front that are settled: their blocks go back.
void Delivery::release_settled() {
  while (!flights_.empty() && flights_.front().settled()) {
    release(flights_.front().load);
    flights_.pop_front();
  }
}

void Delivery::release(Load& load) noexcept {
  for (const ReadBlock& read : load.blocks) {
    // First the memory, then the room for it: who takes the room finds the memory.
    const std::uint32_t bytes = read.block->capacity;
    core_.pool().release(read.block);
    if (read.charged) channel_.gate.release(bytes);
  }
  if (!load.blocks.empty()) core_.room_was_made(channel_);
  load.blocks.clear();
  load.block_bytes = 0;
}

void Delivery::give_up_blocks() noexcept {
  for (Flight& flight : flights_) {
    for (const ReadBlock& read : flight.load.blocks) core_.pool().release(read.block);
    flight.load.blocks.clear();
  }
}

// ---- answers that come later ------------------------------------------------------------------

void Delivery::settle(std::uint64_t token, WriteResult result) {
  {
    std::lock_guard lock(mutex_);
    const auto found = std::find(awaited_.begin(), awaited_.end(), token);
    if (found == awaited_.end()) return;
    answers_.emplace_back(token, std::move(result));
    awaited_.erase(found);
  }
  channel_.wake();
}

bool Delivery::has_answers() {
  std::lock_guard lock(mutex_);
  return !answers_.empty();
}

void Delivery::take_answers() {
  std::vector<Answer> answers;
  {
    std::lock_guard lock(mutex_);
    if (answers_.empty()) return;
    answers.reserve(awaited_.size());  // for those that come now: see offer()
    answers.swap(answers_);
  }
  for (const Answer& answer : answers) {
    const auto flight = std::find_if(flights_.begin(), flights_.end(),
                                     [&](const Flight& one) { return one.token == answer.first; });
    if (flight == flights_.end()) continue;
    flight->token = 0;
    answered(*flight, answer.second);
  }
}

// No answer to this offer counts any more.
void Delivery::stop_awaiting(std::uint64_t token) {
  std::lock_guard lock(mutex_);
  std::erase(awaited_, token);
  std::erase_if(answers_, [&](const Answer& answer) { return answer.first == token; });
}

// Nor one to any other.
void Delivery::stop_awaiting() {
  std::lock_guard lock(mutex_);
  awaited_.clear();
  answers_.clear();
}

void Delivery::report(std::string_view problem) {
  std::lock_guard lock(channel_.mutex);
  if (!channel_.frozen) channel_.ledger.problem = problem;
}

void Delivery::measure(std::string_view name, double value) {
  constexpr std::size_t most = 64;
  if (name.empty() || name.size() > longest_figure_name || !std::isfinite(value)) return;
  std::string key(name);
  std::lock_guard lock(channel_.mutex);
  if (channel_.frozen) return;
  auto& figures = channel_.ledger.figures;
  if (figures.size() < most || figures.contains(key)) figures[std::move(key)] = value;
}

void Delivery::report_processors(std::string_view problem) {
  std::string text = processors_->concern();
  if (!text.empty() && !problem.empty()) text += "; ";
  text += problem;
  std::lock_guard lock(channel_.mutex);
  if (!channel_.frozen) channel_.ledger.processor_problem = std::move(text);
}

}  // namespace penstock::pipeline
