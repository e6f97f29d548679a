// SPDX-License-Identifier: Apache-2.0
// suspicion.hpp: which events of a batch a new process is offered, after others have ended while
// they had it: fewer and fewer, until one stands alone. Only one that ends the process alone, again
// and again, is given up; whatever is delivered in parts is delivered.
//
// While nothing is delivered between one that is given up and the next, each has to end twice as
// many processes as the one before it: a plugin that always crashes does not empty the queue.
//
// Pure: knows no process, no clock.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace penstock::isolation {

class Suspicion final {
 public:
  static constexpr unsigned ends_of_batch = 3;  // until it is halved
  static constexpr unsigned ends_of_event = 5;  // until one that stands alone is given up
  static constexpr unsigned ends_of_event_max = 80;

  struct Offer {
    std::size_t events;  // from the first one on
    bool given_up;       // the first one is not to be offered again
  };

  // A batch is offered, or what is left of it. `ended`: the process to which the last offer went
  // has ended by itself and had nothing but that.
  Offer next(std::uint64_t id, std::size_t offset, std::size_t count, bool ended) noexcept {
    if (id != id_ || offset != offset_) {
      move_to(id, offset);
    } else if (ended && ++ends_ >= ends_needed()) {
      ends_ = 0;
      if (offered_ == 1) return give_up();
      suspects_ = offered_;
    }
    offered_ = suspects_ == 0 ? count : std::min(count, std::max<std::size_t>(suspects_ / 2, 1));
    return {offered_, false};
  }

 private:
  // Once a part is suspected, one end is enough to look at half of it: that costs no event.
  unsigned ends_needed() const noexcept {
    if (offered_ == 1) return ends_alone_;
    return suspects_ == 0 ? ends_of_batch : 1;
  }

  // What was before is settled.
  void move_to(std::uint64_t id, std::size_t offset) noexcept {
    const bool goes_on = id == id_ && offset > offset_ && offset - offset_ < suspects_;
    suspects_ = goes_on ? suspects_ - (offset - offset_) : 0;
    if (!gave_up_) ends_alone_ = ends_of_event;
    gave_up_ = false;
    ends_ = 0;
    id_ = id;
    offset_ = offset;
  }

  Offer give_up() noexcept {
    gave_up_ = true;
    suspects_ = 0;
    ends_alone_ = std::min(2 * ends_alone_, ends_of_event_max);
    return {1, true};
  }

  std::uint64_t id_ = 0;  // of the last offer
  std::size_t offset_ = 0;
  std::size_t offered_ = 0;
  std::size_t suspects_ =
      0;  // so many, from the first one on, have one among them; 0: nobody knows
  unsigned ends_ = 0;
  unsigned ends_alone_ = ends_of_event;
  bool gave_up_ = false;
};

}  // namespace penstock::isolation
