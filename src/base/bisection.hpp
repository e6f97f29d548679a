// SPDX-License-Identifier: Apache-2.0
// bisection.hpp: which events of a batch are offered next, until each is settled. When a sink
// rejects an offer without saying which events are bad, it is halved until a bad one stands alone.
//
// One bad event among n costs at most ceil(log2 n) + 1 sends more than none: when the first half of
// a range that holds a bad event is taken, the bad one is in the other half, which need not be sent
// to know; and what follows the bad event goes out in one piece. When bad events follow each other,
// events are offered one by one, and more again with each success.
//
// Pure: knows no sink, no clock. Events are numbers to it.
#pragma once

#include <algorithm>
#include <cstddef>
#include <optional>

namespace penstock::base {

class Bisection {
 public:
  struct Range {
    std::size_t begin;
    std::size_t end;
    std::size_t size() const noexcept { return end - begin; }
  };

  explicit Bisection(std::size_t count) noexcept : count_(count), end_(count), limit_(count) {}

  bool done() const noexcept { return begin_ == count_; }
  std::size_t left() const noexcept { return count_ - begin_; }
  // What is left will not be offered.
  void give_up() noexcept { begin_ = end_ = count_; }

  // What to offer now, unless done(). Never empty. It stays the same, but for what is settled at
  // its front, until all of it is settled or it is rejected.
  Range next() const noexcept { return {begin_, end_}; }

  // The first `events` of next() are delivered. Returns the event that must be bad, if this leaves
  // one alone; it is settled then as well.
  std::optional<std::size_t> delivered(std::size_t events) noexcept {
    begin_ += events;
    has_progress_ = has_progress_ || events != 0;
    if (begin_ < end_) return std::nullopt;
    if (suspects_end_ != 0) return narrow();
    limit_ = std::min(limit_ * 2, count_);
    offer_rest();
    return std::nullopt;
  }

  // The first `events` of next() are settled: the sink has named the bad ones among them, and taken
  // the others.
  void named(std::size_t events) noexcept {
    begin_ += events;
    has_progress_ = true;
    suspects_end_ = 0;  // the one that was looked for may be among them
    if (begin_ == end_) offer_rest();
  }

  // next() was rejected as a whole: at least one event of it is bad. Returns it when it is alone.
  std::optional<std::size_t> rejected() noexcept { return rejected(end_ - begin_); }
  // The same of its first `events`, which were offered alone.
  std::optional<std::size_t> rejected(std::size_t events) noexcept {
    suspects_end_ = begin_ + events;
    return narrow();
  }

 private:
  // Some event from begin_ to suspects_end_ is bad: found, or half of them are offered.
  std::optional<std::size_t> narrow() noexcept {
    if (suspects_end_ - begin_ != 1) {
      end_ = begin_ + (suspects_end_ - begin_) / 2;
      return std::nullopt;
    }
    if (!has_progress_) limit_ = 1;
    has_progress_ = false;
    suspects_end_ = 0;
    const std::size_t bad = begin_++;
    offer_rest();
    return bad;
  }
  void offer_rest() noexcept { end_ = begin_ + std::min(count_ - begin_, limit_); }

  const std::size_t count_;
  std::size_t begin_ = 0;         // everything before is settled
  std::size_t end_;               // of the offer
  std::size_t limit_;             // of the size of an offer, while nothing is suspected
  std::size_t suspects_end_ = 0;  // not 0: an event from begin_ up to here is bad
  bool has_progress_ = true;      // something was delivered since the last bad event; at first: yes
};

}  // namespace penstock::base
