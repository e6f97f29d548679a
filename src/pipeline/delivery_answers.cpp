// SPDX-License-Identifier: Apache-2.0
// delivery_answers.cpp: what a sink's answer means for the events, the pause before the next try,
// and the books.
#include <algorithm>

#include <fmt/format.h>

#include "pipeline/core.hpp"
#include "pipeline/delivery.hpp"

namespace penstock::pipeline {
namespace {
constexpr auto post_again_after = std::chrono::milliseconds(5);
}  // namespace

void Delivery::answered(Flight& flight, const WriteResult& result) {
  switch (result.kind()) {
    case WriteResult::Kind::ok:
      take_ok(flight);
      break;
    case WriteResult::Kind::reject:
      take_rejection(flight, result);
      break;
    case WriteResult::Kind::retry:
      take_retry(flight, result);
      break;
    case WriteResult::Kind::fatal:
    case WriteResult::Kind::pending:  // as a settlement: against the contract
      failed(flight, result);
      break;
  }
  // Whatever its place in the row, what it held is not needed any more; its blocks are given back
  // in order.
  if (flight.settled()) spares_.keep(flight.load);
}

void Delivery::take_ok(Flight& flight) {
  const std::size_t offered = flight.plan.next().size();
  succeed({});
  book({.delivered = offered, .batches = 1});
  if (const auto alone = flight.plan.delivered(offered)) refuse(flight, *alone, flight.rejection);
  renew(flight);
}

void Delivery::take_rejection(Flight& flight, const WriteResult& result) {
  succeed(result.reason());
  flight.tries.failed(result.reason(), now_ns());
  flight.repeated = true;
  flight.rejection = result.reason();
  const std::size_t offered = flight.plan.next().size();
  const auto& named = result.positions();
  // Positions that are all wrong say no more than none.
  if (std::any_of(named.begin(), named.end(), [&](std::uint32_t at) { return at < offered; })) {
    settle_named(flight, offered, result);
  } else if (const auto alone = flight.plan.rejected()) {
    refuse(flight, *alone, result.reason());
  }
  renew(flight);
}

void Delivery::take_retry(Flight& flight, const WriteResult& result) {
  const std::size_t offered = flight.plan.next().size();
  const std::size_t settled = std::min(offered, result.settled());
  book({.retries = 1});
  if (settled != 0) {
    backoff_.reset();
    breaker_.succeeded();  // it takes some: these are no failures in a row
    flight.expiry.progress();
    flight.offset += settled;
    settle_named(flight, settled, result);
  }
  if (settled == offered) {
    renew(flight);
  } else {
    failed(flight, result);
  }
}

// The first `events` of the offer are settled, and the bad ones of them are named.
void Delivery::settle_named(Flight& flight, std::size_t events, const WriteResult& result) {
  const std::size_t begin = flight.plan.next().begin;
  std::vector<std::uint32_t> bad = result.positions();  // of a sink: not to be trusted
  std::sort(bad.begin(), bad.end());
  bad.erase(std::unique(bad.begin(), bad.end()), bad.end());
  std::erase_if(bad, [&](std::uint32_t position) { return position >= events; });
  if (!bad.empty()) flight.tries.failed(result.reason(), now_ns());
  book({.delivered = events - bad.size()});
  for (const std::uint32_t position : bad) refuse(flight, begin + position, result.reason());
  if (!bad.empty()) {
    flight.plan.named(events);
  } else if (const auto alone = flight.plan.delivered(events)) {
    refuse(flight, *alone, flight.rejection);
  }
}

// The next offer is another batch.
void Delivery::renew(Flight& flight) noexcept {
  flight.id = flight.plan.done() ? flight.id : ++last_id_;
  flight.attempt = 0;
  flight.offset = 0;
  flight.expiry.progress();
}

// The sink has answered: it is there.
void Delivery::succeed(const std::string& complaint) {
  backoff_.reset();
  breaker_.succeeded();
  if (!paused_) set_state(SinkState::running, complaint);  // else another batch has to come again
}

// The sink could not deliver: it is asked again later, each time after a longer pause.
void Delivery::failed(Flight& flight, const WriteResult& result) {
  flight.repeated = true;
  flight.tries.failed(result.reason(), now_ns());
  const bool fatal = result.kind() == WriteResult::Kind::fatal;
  expire(flight);
  pause(result.after());
  if (fatal) broken_ = result.reason();
  set_state(fatal ? SinkState::failed : SinkState::retrying, result.reason());
}

// Gives up the rest of the batch when it has been tried for too long.
bool Delivery::expire(Flight& flight) {
  if (flight.plan.done()) return false;
  if (!flight.expiry.failed(std::chrono::steady_clock::now())) return false;
  const Bisection::Range rest{flight.load.batch->size() - flight.plan.left(),
                              flight.load.batch->size()};
  if (wants_letters()) {
    for (std::size_t event = rest.begin; event < rest.end; ++event) {
      flight.refused.push_back({event, "expired", true});
    }
  } else {
    book({.expired = rest.size()});
  }
  flight.plan.give_up();
  return true;
}

void Delivery::pause(std::chrono::nanoseconds hint) {
  const Time now = std::chrono::steady_clock::now();
  if (paused_ && next_try_ > now) {
    // Several batches failed together: that is one failure, but each may know better.
    const Time asked_for = base::deadline_after(hint);
    if (asked_for > next_try_) {
      next_try_ = asked_for;
      was_hinted_ = true;
    }
    return;
  }
  breaker_.failed();
  paused_ = true;
  was_hinted_ = hint.count() > 0;
  paused_at_ = now;
  next_try_ = base::deadline_after(backoff_.next(hint));
}

// ---- dead letters -----------------------------------------------------------------------------

bool Delivery::wants_letters() const noexcept { return !channel_.options.dead_letter.empty(); }

void Delivery::refuse(Flight& flight, std::size_t event, const std::string& reason) {
  if (wants_letters()) {
    flight.refused.push_back({event, reason});
  } else {
    book({.rejected = 1});
  }
}

// False when the dead-letter sink has no room for all of them now.
bool Delivery::post_letters(Flight& flight) {
  if (std::chrono::steady_clock::now() < next_post_) return false;
  if (!letters_) letters_.emplace(core_, channel_);
  std::size_t posted = 0;
  Booking booking;
  for (const Refused& refused : flight.refused) {
    const DeadLetters::Outcome outcome = letters_->post(flight.load.origins[refused.event],
                                                        {.reason = refused.reason,
                                                         .attempts = flight.tries.of(refused.event),
                                                         .first = flight.tries.first(),
                                                         .last = flight.tries.last()});
    if (outcome == DeadLetters::Outcome::no_room) break;
    const bool has_route = outcome == DeadLetters::Outcome::posted;
    ++(has_route ? booking.dead_lettered : refused.expired ? booking.expired : booking.rejected);
    ++posted;
  }
  book(booking);
  flight.refused.erase(flight.refused.begin(),
                       flight.refused.begin() + static_cast<std::ptrdiff_t>(posted));
  if (flight.refused.empty()) {
    // Whatever its place in the row, what it held is not needed any more; its blocks are given back
    // in order.
    if (flight.settled()) spares_.keep(flight.load);
    return true;
  }
  next_post_ = base::deadline_after(post_again_after);
  return false;
}

// ---- books ------------------------------------------------------------------------------------

// Says it to the stats, and tells the supervisor of what is new.
void Delivery::set_state(SinkState state, const std::string& error) {
  last_error_ = error;
  tell_of(state, error);
  std::lock_guard lock(channel_.mutex);
  if (channel_.frozen) return;
  channel_.ledger.state = state;
  channel_.ledger.breaker = breaker_.state();
  if (channel_.ledger.last_error != error) channel_.ledger.last_error = error;
}

void Delivery::tell_of(SinkState state, const std::string& error) {
  if (!was_open_) return;
  const bool well = state == SinkState::running;
  const bool was_down = std::exchange(is_down_, !well);
  const BreakerState breaker = std::exchange(told_breaker_, breaker_.state());
  if (!well && !was_down) {
    down_since_ = std::chrono::steady_clock::now();
    core_.supervisor().note(channel_, Supervisor::Kind::down, error);
  }
  if (breaker == BreakerState::closed && told_breaker_ == BreakerState::open) {
    core_.supervisor().note(channel_, Supervisor::Kind::breaker_open, error);
  }
  if (well && was_down) {
    const auto time = std::chrono::steady_clock::now() - down_since_;
    core_.supervisor().note(
        channel_, Supervisor::Kind::back,
        fmt::format("after {:.3g} s", std::chrono::duration<double>(time).count()));
  }
}

void Delivery::book(const Booking& booking) {
  const auto delivered = static_cast<std::int64_t>(booking.delivered);
  const auto rejected = static_cast<std::int64_t>(booking.rejected);
  const auto expired = static_cast<std::int64_t>(booking.expired);
  const auto dead_lettered = static_cast<std::int64_t>(booking.dead_lettered);
  std::lock_guard lock(channel_.mutex);
  if (channel_.frozen) return;
  Ledger& ledger = channel_.ledger;
  ledger.delivered += delivered;
  ledger.drops(DropReason::rejected) += rejected;
  ledger.drops(DropReason::expired) += expired;
  ledger.dropped_by_worker += rejected + expired;
  ledger.dead_lettered += dead_lettered;
  ledger.in_flight -= delivered + rejected + expired + dead_lettered;
  ledger.batches += booking.batches;
  ledger.retries += booking.retries;
  if (rejected + expired != 0) core_.supervisor().events_are_dropped();
}

}  // namespace penstock::pipeline
