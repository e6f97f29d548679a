// SPDX-License-Identifier: Apache-2.0
// bisection.hpp: which events of a batch are offered next, until each is settled. When a sink
// rejects events without saying which are bad, the range is halved until a bad one stands alone.
//
// One bad event among n costs at most ceil(log2 n) + 1 sends more than none: when the first half of
// a range that holds a bad event is taken, the bad one is in the other half, which need not be sent
// to know; and what follows the bad event goes out in one piece. When bad events follow each other,
// events are offered one by one, and more again with each success.
//
// Pure: knows no sink, no clock.
#pragma once

#include <algorithm>
#include <cstddef>
#include <limits>
#include <optional>

namespace penstock::pipeline {

class Bisection {
 public:
  struct Range {
    std::size_t begin;
    std::size_t end;
    std::size_t size() const noexcept { return end - begin; }
  };

  explicit Bisection(std::size_t count) noexcept : count_(count) {}

  bool done() const noexcept { return begin_ == count_; }
  std::size_t left() const noexcept { return count_ - begin_; }
  // What is left will not be offered.
  void give_up() noexcept { begin_ = count_; }

  // What to offer now, unless done(). Never empty.
  Range next() const noexcept {
    if (suspects_end_ != 0) return {begin_, begin_ + (suspects_end_ - begin_) / 2};
    return {begin_, begin_ + std::min(count_ - begin_, limit_)};
  }

  // The first `events` of next() are settled, one way or another. Returns the event that must be
  // bad, if this leaves one alone; it is settled then as well.
  std::optional<std::size_t> settled(std::size_t events) noexcept {
    if (events == 0) return std::nullopt;
    const bool whole = events == next().size();
    begin_ += events;
    has_progress_ = true;
    if (suspects_end_ != 0) return lone_suspect();
    if (whole && limit_ < count_) limit_ *= 2;
    return std::nullopt;
  }

  // next() was rejected as a whole: at least one event of it is bad. Returns it when it is alone.
  std::optional<std::size_t> rejected() noexcept {
    suspects_end_ = next().end;
    return lone_suspect();
  }

 private:
  std::optional<std::size_t> lone_suspect() noexcept {
    if (suspects_end_ - begin_ != 1) return std::nullopt;
    suspects_end_ = 0;
    if (!has_progress_) limit_ = 1;
    has_progress_ = false;
    return begin_++;
  }

  const std::size_t count_;
  std::size_t begin_ = 0;         // everything before is settled
  std::size_t suspects_end_ = 0;  // not 0: an event from begin_ up to here is bad
  std::size_t limit_ = std::numeric_limits<std::size_t>::max() / 2;
  bool has_progress_ = true;  // something was settled since the last bad event; at first: yes
};

}  // namespace penstock::pipeline
