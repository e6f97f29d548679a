// SPDX-License-Identifier: Apache-2.0
#include "isolation/offers.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "penstock/plugin/abi.h"

namespace penstock::isolation {
namespace {

// Of the first `events` of a batch.
WriteResult result_of_part(Message& message, std::size_t events,
                           std::vector<std::uint32_t> positions) {
  if (message.status == PENSTOCK_WRITE_OK) {
    return WriteResult::retry(
        "is offered in parts, to find an event that ends the plugin's process", {}, events);
  }
  return WriteResult::retry(std::move(message.text), {}, events, std::move(positions));
}

WriteResult result_of(Message& message, std::vector<std::uint32_t> positions) {
  switch (message.status) {
    case PENSTOCK_WRITE_OK:
      return WriteResult::ok();
    case PENSTOCK_WRITE_RETRY:
      return WriteResult::retry(std::move(message.text), std::chrono::nanoseconds(message.after_ns),
                                static_cast<std::size_t>(message.settled), std::move(positions));
    case PENSTOCK_WRITE_REJECT:
      return WriteResult::reject(std::move(message.text), std::move(positions));
    case PENSTOCK_WRITE_PENDING:
      return WriteResult::pending();
    default:
      return WriteResult::fatal(std::move(message.text));
  }
}

}  // namespace

void Offers::add(std::uint64_t token, std::size_t events, std::uint32_t segment, Time now,
                 bool is_part) {
  offers_.push_back(
      {.token = token, .events = events, .segment = segment, .since = now, .is_part = is_part});
}

std::vector<Offers::Offer>::iterator Offers::find(std::uint64_t token) {
  return std::find_if(offers_.begin(), offers_.end(),
                      [&](const Offer& offer) { return offer.token == token; });
}

std::string Offers::take_positions(const Message& message) {
  const auto offer = find(message.number);
  if (offer == offers_.end()) {
    return fmt::format("positions in the batch {}, which it has not", message.number);
  }
  if (message.positions.size() > offer->events - offer->positions.size()) {
    return fmt::format("more positions than the {} events of the batch", offer->events);
  }
  for (const std::uint32_t position : message.positions) {
    if (position >= offer->events) {
      return fmt::format("the position {} in a batch of {} events", position, offer->events);
    }
  }
  offer->positions.insert(offer->positions.end(), message.positions.begin(),
                          message.positions.end());
  return {};
}

Offers::Outcome Offers::take(Message message) {
  Outcome outcome;
  const bool is_return = message.kind == Kind::answer;
  const auto offer = find(message.number);
  if (offer == offers_.end() || (is_return ? offer->returned : offer->settled)) {
    outcome.nonsense =
        fmt::format("an answer for the batch {}, which it does not owe", message.number);
    return outcome;
  }
  if (message.settled > offer->events) {
    outcome.nonsense =
        fmt::format("{} events as settled, of a batch of {}", message.settled, offer->events);
    return outcome;
  }
  const bool pending = is_return && message.status == PENSTOCK_WRITE_PENDING;
  // What is pending names no events yet; they are those of an answer that came before it.
  auto positions = pending ? std::vector<std::uint32_t>() : std::exchange(offer->positions, {});
  const bool settles_all = message.status == PENSTOCK_WRITE_OK ||
                           (message.status == PENSTOCK_WRITE_REJECT && !positions.empty());
  outcome.result = offer->is_part && settles_all
                       ? result_of_part(message, offer->events, std::move(positions))
                       : result_of(message, std::move(positions));
  (is_return ? offer->returned : offer->settled) = true;
  const bool over = is_return ? !pending || offer->settled : offer->returned;
  if (over) {
    outcome.free_segment = offer->segment;
    offers_.erase(offer);
  }
  return outcome;
}

std::optional<Offers::Time> Offers::owed_since() const {
  std::optional<Time> oldest;
  for (const Offer& offer : offers_) {
    if (!offer.returned || offer.settled) continue;
    if (!oldest || offer.since < *oldest) oldest = offer.since;
  }
  return oldest;
}

std::optional<std::uint64_t> Offers::owed() const noexcept {
  for (const Offer& offer : offers_) {
    if (offer.returned && !offer.settled) return offer.token;
  }
  return std::nullopt;
}

std::optional<std::uint64_t> Offers::only() const noexcept {
  if (offers_.size() != 1) return std::nullopt;
  return offers_.front().token;
}

void Offers::forget(std::uint64_t token) noexcept {
  std::erase_if(offers_, [&](const Offer& offer) { return offer.token == token; });
}

}  // namespace penstock::isolation
