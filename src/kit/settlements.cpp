// SPDX-License-Identifier: Apache-2.0
#include "kit/settlements.hpp"

#include <iterator>

#include <fmt/format.h>

#include "penstock/event_view.hpp"
#include "plugin/words.hpp"

namespace penstock::kit {
namespace {

std::string flaw_of_positions(const penstock_answer& answer, std::uint64_t events) {
  if (answer.position_count == 0) return {};
  if (answer.positions == nullptr) {
    return fmt::format("`positions` is null, and position_count is {}", answer.position_count);
  }
  if (answer.position_count > events) {
    return fmt::format("position_count is {}, of a batch of {} events", answer.position_count,
                       events);
  }
  for (std::size_t i = 0; i < answer.position_count; ++i) {
    if (answer.positions[i] >= events) {
      return fmt::format("position {} is behind the end of a batch of {} events",
                         answer.positions[i], events);
    }
    if (i > 0 && answer.positions[i] <= answer.positions[i - 1]) {
      return fmt::format("position {} comes after {}: they must ascend", answer.positions[i],
                         answer.positions[i - 1]);
    }
  }
  return {};
}

std::string flaw_of(const penstock_answer& answer, std::uint64_t events, bool comes_late) {
  if (answer.status > PENSTOCK_WRITE_FATAL) {
    return fmt::format("the status is {}, which there is not", answer.status);
  }
  if (comes_late && answer.status == PENSTOCK_WRITE_PENDING) {
    return "settle() was given `pending`, which settles nothing";
  }
  if (answer.reason.size > 0 && answer.reason.data == nullptr) {
    return fmt::format("`reason` is null, and has {} bytes", answer.reason.size);
  }
  if (answer.status == PENSTOCK_WRITE_RETRY && answer.settled > events) {
    return fmt::format("`settled` is {}, of a batch of {} events", answer.settled, events);
  }
  if (answer.status == PENSTOCK_WRITE_RETRY && answer.after_ns < 0) {
    return fmt::format("`after_ns` is {}", answer.after_ns);
  }
  if (answer.status != PENSTOCK_WRITE_OK && answer.status != PENSTOCK_WRITE_PENDING &&
      answer.reason.size == 0) {
    return status_name(answer.status) + " has no reason";
  }
  const bool has_positions =
      answer.status == PENSTOCK_WRITE_RETRY || answer.status == PENSTOCK_WRITE_REJECT;
  return has_positions ? flaw_of_positions(answer, events) : std::string();
}

}  // namespace

Answer read_answer(const penstock_answer& answer, std::uint64_t events, bool comes_late) {
  Answer copy;
  copy.status = answer.status;
  copy.after_ns = answer.after_ns;
  copy.settled = answer.settled;
  copy.flaw = flaw_of(answer, events, comes_late);
  if (copy.flaw.empty()) copy.reason = plugin::one_line(detail::text_of(answer.reason));
  return copy;
}

std::string status_name(std::uint32_t status) {
  constexpr const char* names[] = {"ok", "retry", "reject", "pending", "fatal"};
  return status < std::size(names) ? names[status] : fmt::format("status {}", status);
}

void Settlements::expect(std::uint64_t token, std::uint64_t events) {
  const std::lock_guard lock(mutex_);
  offers_[token].events = events;
}

void Settlements::add(std::uint64_t token, const penstock_answer* answer) {
  {
    const std::lock_guard lock(mutex_);
    const auto found = offers_.find(token);
    if (found == offers_.end()) {
      unknown_.push_back(token);
      return;
    }
    Offer& offer = found->second;
    if (++offer.answers == 1) {
      if (answer == nullptr) {
        offer.first.flaw = "settle() was given a null answer";
      } else {
        offer.first = read_answer(*answer, offer.events, true);
      }
    }
  }
  came_.notify_all();
}

bool Settlements::wait(std::uint64_t token, std::chrono::milliseconds time, Answer& answer) {
  std::unique_lock lock(mutex_);
  const Offer& offer = offers_[token];
  if (!came_.wait_for(lock, time, [&] { return offer.answers > 0; })) return false;
  answer = offer.first;
  return true;
}

std::size_t Settlements::count(std::uint64_t token) const {
  const std::lock_guard lock(mutex_);
  const auto found = offers_.find(token);
  return found == offers_.end() ? 0 : found->second.answers;
}

std::vector<std::uint64_t> Settlements::unknown_tokens() const {
  const std::lock_guard lock(mutex_);
  return unknown_;
}

}  // namespace penstock::kit
