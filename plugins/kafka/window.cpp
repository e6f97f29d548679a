// SPDX-License-Identifier: Apache-2.0
#include "window.hpp"

#include <algorithm>
#include <utility>

namespace kafka {
namespace {

using penstock::WriteResult;

constexpr unsigned position_bits = 32;

}  // namespace

void Window::add(const penstock::Batch& batch) {
  flights_.emplace_back(batch);
  waiting_ += batch.size();
  some_complete_ = some_complete_ || batch.size() == 0;
}

Window::Flight* Window::find(Ticket ticket, std::size_t& index, std::size_t& position) {
  const std::uint64_t number = ticket >> position_bits;
  if (number < first_ || number - first_ >= flights_.size()) return nullptr;
  index = number - first_;
  position = static_cast<std::uint32_t>(ticket);
  Flight& flight = flights_[index];
  return flight.settled || position >= flight.states.size() ? nullptr : &flight;
}

std::size_t* Window::count_of(State state) noexcept {
  switch (state) {
    case State::waiting:
      return &waiting_;
    case State::crowded:
      return &crowded_;
    case State::sent:
    case State::sent_alone:
      return &sent_;
    default:
      return nullptr;
  }
}

void Window::change(std::size_t index, std::size_t position, State to) {
  Flight& flight = flights_[index];
  State& state = flight.states[position];
  if (std::size_t* const count = count_of(state)) --*count;
  if (std::size_t* const count = count_of(to)) ++*count;
  if (is_over(state)) ++flight.open;
  if (is_over(to)) --flight.open;
  if (state == State::sent_alone) one_is_alone_ = false;
  state = to;
  if (to == State::waiting) {
    flight.next = std::min(flight.next, position);
    take_from_ = std::min(take_from_, index);
  }
  some_complete_ = some_complete_ || flight.open == 0;
}

Window::Event Window::event_at(std::size_t index, std::size_t position) const noexcept {
  return {.ticket = ((first_ + index) << position_bits) | position,
          .batch = &flights_[index].batch,
          .position = position};
}

void Window::take(std::size_t most, std::vector<Event>& events) {
  if (one_is_alone_ || most == 0) return;
  events.reserve(events.size() + most);  // from here on nothing fails
  if (crowded_ != 0) return take_alone(events);
  for (; most != 0 && waiting_ != 0 && take_from_ < flights_.size(); ++take_from_) {
    Flight& flight = flights_[take_from_];
    std::size_t taken = 0;
    for (; flight.next < flight.states.size() && taken < most; ++flight.next) {
      if (flight.states[flight.next] != State::waiting) continue;
      flight.states[flight.next] = State::sent;
      events.push_back(event_at(take_from_, flight.next));
      ++taken;
    }
    waiting_ -= taken;
    sent_ += taken;
    most -= taken;
    if (most == 0) return;  // there may be more in this one
  }
}

// The first one that is to be sent by itself, as soon as all that was sent has its outcome.
void Window::take_alone(std::vector<Event>& events) {
  if (sent_ != 0) return;
  for (std::size_t index = 0; index < flights_.size(); ++index) {
    const auto& states = flights_[index].states;
    const auto found = std::find(states.begin(), states.end(), State::crowded);
    if (found == states.end()) continue;
    const auto position = static_cast<std::size_t>(found - states.begin());
    change(index, position, State::sent_alone);
    one_is_alone_ = true;
    events.push_back(event_at(index, position));
    return;
  }
}

void Window::put_back(Ticket ticket) {
  std::size_t index = 0;
  std::size_t position = 0;
  Flight* const flight = find(ticket, index, position);
  if (flight == nullptr) return;
  const State state = flight->states[position];
  if (state == State::sent) change(index, position, State::waiting);
  if (state == State::sent_alone) change(index, position, State::crowded);
}

void Window::report(Ticket ticket, Outcome outcome, std::string_view why) {
  std::size_t index = 0;
  std::size_t position = 0;
  Flight* const flight = find(ticket, index, position);
  if (flight == nullptr) return;
  const State state = flight->states[position];
  if (state != State::sent && state != State::sent_alone) return;
  const bool counts =
      outcome == Outcome::again ? flight->why.empty() : outcome != Outcome::delivered;
  if (counts && !why.empty()) flight->why = why;
  switch (outcome) {
    case Outcome::delivered:
      return change(index, position, State::delivered);
    case Outcome::refused:
      return change(index, position, State::refused);
    case Outcome::again:
      return put_back(ticket);
    case Outcome::crowded:
      return change(index, position, state == State::sent ? State::crowded : State::refused);
  }
}

std::size_t Window::forget_sent() {
  const std::size_t forgotten = sent_;
  for (std::size_t index = 0; index < flights_.size(); ++index) {
    for (std::size_t position = 0; position < flights_[index].states.size(); ++position) {
      const State state = flights_[index].states[position];
      if (state == State::sent) change(index, position, State::waiting);
      if (state == State::sent_alone) change(index, position, State::crowded);
    }
  }
  return forgotten;
}

WriteResult Window::result_of(const Flight& flight) {
  std::vector<std::uint32_t> refused;
  for (std::size_t position = 0; position < flight.states.size(); ++position) {
    if (flight.states[position] != State::refused) continue;
    refused.push_back(static_cast<std::uint32_t>(position));
  }
  if (refused.empty()) return WriteResult::ok();
  return WriteResult::reject(flight.why, std::move(refused));
}

std::vector<Window::Answer> Window::answers() {
  std::vector<Answer> all;
  if (!some_complete_) return all;
  all.reserve(flights_.size());
  for (const Flight& flight : flights_) {
    if (!flight.settled && flight.open == 0) {
      all.push_back({flight.batch.token(), result_of(flight)});
    }
  }
  // From here on nothing fails: no answer is lost.
  for (Flight& flight : flights_) flight.settled = flight.settled || flight.open == 0;
  some_complete_ = false;
  while (!flights_.empty() && flights_.front().settled) {
    flights_.pop_front();
    ++first_;
    take_from_ -= take_from_ == 0 ? 0 : 1;
  }
  return all;
}

std::vector<Window::Answer> Window::give_up(const std::string& why) {
  std::vector<Answer> all;
  for (const Flight& flight : flights_) {
    if (flight.settled) continue;
    std::size_t over = 0;
    std::vector<std::uint32_t> refused;
    for (; over < flight.states.size(); ++over) {
      const State state = flight.states[over];
      if (state != State::delivered && state != State::refused) break;
      if (state == State::refused) refused.push_back(static_cast<std::uint32_t>(over));
    }
    all.push_back({flight.batch.token(), WriteResult::retry(flight.why.empty() ? why : flight.why,
                                                            {}, over, std::move(refused))});
  }
  first_ += flights_.size();
  flights_.clear();
  take_from_ = waiting_ = crowded_ = sent_ = 0;
  one_is_alone_ = some_complete_ = false;
  return all;
}

}  // namespace kafka
