// SPDX-License-Identifier: Apache-2.0
// webhook_memory.hpp: what a webhook knows from one batch to the next, and keeps while it is
// closed: how large a request may be, and which parts of batches had no answer.
//
// Threads  one at a time
// Bound    a number; some bytes for each of at most 1024 batches
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <map>
#include <new>
#include <optional>

namespace penstock::sinks {

// How many bytes of events the server takes in a request. Learned from its 413, and tried again
// with twice as much after some requests that were as large as they could be; each time that is too
// much it is tried more rarely.
class WebhookSizes final {
 public:
  // A request may hold events of so many bytes together; one event whatever its size.
  std::size_t limit() const noexcept { return limit_; }

  // So many bytes of several events were found too large.
  void too_large(std::size_t bytes) noexcept {
    if (bytes <= passed_) passed_ = 0;  // it takes less than it did
    if (bytes > limit_) return;         // under way since before the limit; nothing new
    if (trying_) patience_ = std::min(2 * patience_, patience_max);
    trying_ = false;
    passes_ = 0;
    limit_ = std::max(bytes / 2, passed_);
  }

  // So many were taken. `held_back`: there would have been more in the request but for the limit.
  void passed(std::size_t bytes, bool held_back) noexcept {
    passed_ = std::max(passed_, bytes);
    if (!held_back) return;
    if (trying_) patience_ = patience_min;
    trying_ = false;
    if (++passes_ < patience_) return;
    passes_ = 0;
    trying_ = true;
    limit_ = limit_ < no_limit / 2 ? 2 * limit_ : no_limit;
  }

 private:
  static constexpr std::size_t no_limit = std::numeric_limits<std::size_t>::max();
  static constexpr unsigned patience_min = 16;
  static constexpr unsigned patience_max = 1024;

  std::size_t limit_ = no_limit;
  std::size_t passed_ = 0;  // the most that was taken
  unsigned passes_ = 0;     // requests of the limit's size, since it was set
  unsigned patience_ = patience_min;
  bool trying_ = false;  // the limit was doubled, and nothing as large was sent yet
};

// Requests that had no answer, or one that asks to try again: the server may have taken them. The
// same events have to go out in the same request, for only then do they have the same id.
class UnansweredParts final {
 public:
  // Events of a batch, counted from its begin.
  struct Part {
    std::size_t begin;
    std::size_t end;
  };

  void keep(std::uint64_t batch, Part part) noexcept {
    try {
      parts_[batch] = part;
    } catch (const std::bad_alloc&) {
      return;  // it may go out under another id
    }
    // Of batches that the pipeline has given up nothing is heard again; they are the oldest.
    if (parts_.size() > parts_max) parts_.erase(parts_.begin());
  }
  void forget(std::uint64_t batch) noexcept { parts_.erase(batch); }
  std::optional<Part> of(std::uint64_t batch) const noexcept {
    const auto found = parts_.find(batch);
    if (found == parts_.end()) return std::nullopt;
    return found->second;
  }

 private:
  static constexpr std::size_t parts_max = 1024;  // more than batches can be in flight
  std::map<std::uint64_t, Part> parts_{};
};

struct WebhookMemory {
  WebhookSizes sizes{};
  UnansweredParts unanswered{};
};

}  // namespace penstock::sinks
