// SPDX-License-Identifier: Apache-2.0
#include "window.hpp"

#include <algorithm>

namespace penstock::syslog {
namespace {
constexpr std::size_t spares_max = 16;
}

Encoded Window::take_spare() {
  if (spare_.empty()) return {};
  Encoded spare = std::move(spare_.back());
  spare_.pop_back();
  spare.clear();
  return spare;
}

void Window::push(const Offer& offer, Encoded encoded, Time now) {
  for (Entry& entry : entries_) {
    if (entry.is_claimed || entry.offer.id >= offer.id) continue;
    // One that was under way when this one was released says nothing. The next one does: the
    // pipeline goes on with later batches and has given it up.
    entry.is_claimed = std::exchange(entry.was_passed, true);
  }
  Entry& entry = entries_.emplace_back();
  entry.offer = offer;
  entry.begin = end_;
  end_ += encoded.bytes.size();
  entry.end = end_;
  entry.encoded = std::move(encoded);
  entry.offered_at = now;
}

std::optional<WriteResult> Window::claim(const Offer& offer, Time now) {
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    Entry& entry = entries_[i];
    const bool is_it = !entry.is_claimed && entry.offer.id == offer.id &&
                       entry.offer.offset + entry.answered == offer.offset &&
                       entry.encoded.events - entry.answered == offer.count;
    if (!is_it) continue;
    entry.is_claimed = true;
    entry.was_passed = false;
    if (i < unsettled_) return arrived(entry);
    entry.offer.token = offer.token;
    entry.offered_at = now;
    return WriteResult::pending();
  }
  return std::nullopt;
}

std::size_t Window::entry_at(std::uint64_t place) const noexcept {
  const auto found =
      std::upper_bound(entries_.begin(), entries_.end(), place,
                       [](std::uint64_t at, const Entry& entry) { return at < entry.end; });
  return static_cast<std::size_t>(found - entries_.begin());
}

std::uint64_t Window::message_at(std::uint64_t place) const noexcept {
  const std::size_t at = entry_at(place);
  if (at == entries_.size()) return end_;
  const Entry& entry = entries_[at];
  if (place <= entry.begin) return entry.begin;
  return entry.begin + entry.encoded.begin_of(entry.encoded.frames_within(place - entry.begin));
}

std::size_t Window::next(std::span<iovec> pieces) const {
  std::size_t count = 0;
  std::uint64_t from = sent_;
  for (std::size_t i = entry_at(from); i < entries_.size() && count < pieces.size(); ++i) {
    const Entry& entry = entries_[i];
    const std::uint64_t at = from - entry.begin;
    pieces[count].iov_base = const_cast<char*>(entry.encoded.bytes.data() + at);
    pieces[count].iov_len = static_cast<std::size_t>(entry.end - from);
    from = entry.end;
    ++count;
  }
  return count;
}

std::vector<std::uint32_t> Window::refused_before(const Entry& entry, std::size_t event) {
  std::vector<std::uint32_t> positions;
  for (const std::uint32_t one : entry.encoded.refused) {
    if (one < entry.answered || one >= event) continue;
    positions.push_back(one - static_cast<std::uint32_t>(entry.answered));
  }
  return positions;
}

WriteResult Window::arrived(const Entry& entry) {
  auto refused = refused_before(entry, entry.encoded.events);
  if (refused.empty()) return WriteResult::ok();
  return WriteResult::reject("larger than max_message", std::move(refused));
}

WriteResult Window::unfinished(const Entry& entry, std::uint64_t place, const std::string& reason,
                               std::chrono::nanoseconds after) {
  const std::uint64_t arrived = place > entry.begin ? place - entry.begin : 0;
  const std::size_t events = entry.encoded.events_within(entry.encoded.frames_within(arrived));
  const std::size_t settled = std::max(events, entry.answered) - entry.answered;
  return WriteResult::retry(reason, after, settled,
                            refused_before(entry, entry.answered + settled));
}

void Window::acked(std::uint64_t bytes, Time now, Answers& answers) {
  acked_ = std::max(acked_, base_ + bytes);
  settled_ = std::max(settled_, acked_);
  while (unsettled_ < entries_.size() && entries_[unsettled_].end <= acked_) {
    Entry& entry = entries_[unsettled_];
    if (entry.is_claimed && entry.offer.token != 0) {
      answers.emplace_back(entry.offer.token, arrived(entry));
      entry.offer.token = 0;  // from here on nothing fails
    }
    entry.settled_at = now;
    ++unsettled_;
  }
}

// Of a connection that got no further than those before it nobody knows whether any of it was read.
// Sending all of it again each time would never end with a receiver that is always reset there:
// each such end in a row takes half as much back, once there is no other server to send it to.
bool Window::connection_ends(Time since, unsigned others) {
  constexpr unsigned most = 40;
  const std::uint64_t carried = acked_ - base_;
  const bool has_got_further = settled_ > furthest_;
  standstills_ = has_got_further ? 0 : std::min(standstills_ + 1, most);
  if (has_got_further) {
    halvings_ = 0;
  } else if (others == 0) {
    halvings_ = std::min(halvings_ + 1, most);
  }
  furthest_ = settled_;
  std::uint64_t from = acked_ - (std::min<std::uint64_t>(keep_bytes_, carried) >> halvings_);
  for (std::size_t i = 0; i < unsettled_ && entries_[i].settled_at < since; ++i) {
    from = std::max(from, std::min(entries_[i].end, acked_));
  }
  if (!entries_.empty()) from = std::max(from, entries_.front().begin);
  sent_ = message_at(from);
  base_ = acked_ = sent_;
  return carried > 0;
}

void Window::give_up(const std::string& reason, Answers& answers) {
  for (std::size_t i = unsettled_; i < entries_.size(); ++i) {
    Entry& entry = entries_[i];
    if (!entry.is_claimed || entry.offer.token == 0) continue;
    answers.emplace_back(entry.offer.token, unfinished(entry, settled_, reason, {}));
  }
  if (unsettled_ < entries_.size()) {
    // What has arrived of the first one may have to be sent again, the rest is the pipeline's.
    Entry& first = entries_[unsettled_];
    end_ = std::clamp(message_at(std::max(settled_, first.begin)), first.begin, first.end);
    const bool has_part = end_ > first.begin;
    if (has_part) {
      first.end = end_;
      first.encoded.bytes.cut(static_cast<std::size_t>(end_ - first.begin));
      first.encoded.frames.resize(first.encoded.frames_within(first.encoded.bytes.size()));
      first.is_claimed = true;
      first.settled_at = first.offered_at;
      ++unsettled_;
    }
    entries_.resize(unsettled_);
  }
  sent_ = std::min(sent_, end_);
  base_ = acked_ = sent_;
  settled_ = std::min(settled_, end_);
  furthest_ = std::min(furthest_, settled_);
}

void Window::release_old(Time since, const std::string& reason, std::chrono::nanoseconds after,
                         Answers& answers) {
  for (std::size_t i = unsettled_; i < entries_.size(); ++i) {
    Entry& entry = entries_[i];
    if (!entry.is_claimed || entry.offer.token == 0 || entry.offered_at > since) continue;
    WriteResult result = unfinished(entry, settled_, reason, after);
    const std::size_t settled = result.settled();
    answers.emplace_back(entry.offer.token, std::move(result));
    entry.offer.token = 0;
    entry.answered += settled;
    entry.is_claimed = false;
  }
}

void Window::tidy(Time now) {
  while (unsettled_ > 0) {
    Entry& front = entries_.front();
    if (!front.is_claimed || front.end > acked_) return;
    if (acked_ - front.end < keep_bytes_ && now - front.settled_at < keep_time_) return;
    if (spare_.size() < spares_max) spare_.push_back(std::move(front.encoded));
    entries_.pop_front();
    --unsettled_;
  }
}

}  // namespace penstock::syslog
