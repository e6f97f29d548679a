// SPDX-License-Identifier: Apache-2.0
// deduplicator.hpp: lets the first event of a kind through and begins its window. Of those of the
// same kind that follow within the window the last is kept. At the window's end it goes out, with
// the number of events that it stands for, and the kind's next window begins; a window in which
// nothing was kept just ends.
//
// A kind is the bytes of its key, all of them compared: no two kinds are ever taken for one.
//
// Order  windows end in the order in which they began
// Bound  `max_keys` windows, and `max_bytes` of keys and kept events; a window that begins or grows
//        beyond that makes the oldest windows end at once, with the next call of release()
// Loss   none: each repeat is kept, or was replaced by a later one, which admit() tells
// Errors std::bad_alloc, and what `keep` throws; all is then as it was
//
// Pure: knows no clock. Kept is default-constructible, moves without throwing, and has bytes().
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <list>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

namespace penstock::pipeline {

template <class Kept>
class Deduplicator {
 public:
  using Time = std::chrono::steady_clock::time_point;

  Deduplicator(std::chrono::nanoseconds window, std::size_t max_keys, std::size_t max_bytes)
      : window_(window), max_keys_(max_keys), max_bytes_(max_bytes) {}

  enum class Verdict : std::uint8_t {
    first,     // let it through
    kept,      // it will go out later
    replaced,  // as kept; the one that was kept before is a duplicate of it
  };
  // An event of kind `key`. keep(Kept&) puts it in the place of the one that was kept, which stays
  // when keep throws. Times are not before those of earlier calls, and before it is called
  // release() has said that nothing is due.
  template <class Keep>
  Verdict admit(std::string_view key, Time now, Keep&& keep) {
    const auto found = by_key_.find(key);
    if (found == by_key_.end()) {
      begin(key, now);
      return Verdict::first;
    }
    Window& window = *found->second;
    const std::size_t before = window.kept.bytes();
    keep(window.kept);
    bytes_ += window.kept.bytes() - before;
    if (++window.repeated > 1) return Verdict::replaced;
    ++kept_;
    return Verdict::kept;
  }

  // Ends windows, the oldest first, until something that was kept goes out:
  // emit(Kept&, std::uint64_t repeated), which does not throw. False when nothing is due.
  template <class Emit>
  bool release(Time now, Emit&& emit) {
    while (!windows_.empty() && is_due(now)) {
      Window& window = windows_.front();
      if (ending_ > 0) --ending_;
      if (window.repeated == 0) {
        remove_oldest();
        continue;
      }
      Kept kept = std::exchange(window.kept, Kept{});
      const std::uint64_t repeated = std::exchange(window.repeated, 0);
      bytes_ += window.kept.bytes() - kept.bytes();
      --kept_;
      if (is_crowded()) {
        remove_oldest();
      } else {
        begin_again(now);
      }
      emit(kept, repeated);
      return true;
    }
    return false;
  }

  // All windows that there are end now; release() lets them out.
  void end_all() noexcept {
    if (ending_ == 0) ending_ = windows_.size();
  }

  // When the next one that is kept goes out, unless it is due already. Looks through the windows.
  std::optional<Time> next_release() const noexcept {
    if (kept_ == 0) return std::nullopt;
    return std::find_if(windows_.begin(), windows_.end(),
                        [](const Window& window) { return window.repeated != 0; })
        ->end;
  }
  std::size_t size() const noexcept { return windows_.size(); }
  std::size_t kept() const noexcept { return kept_; }
  std::size_t bytes() const noexcept { return bytes_; }

 private:
  struct Window {
    std::string key{};
    Time end{};
    std::uint64_t repeated = 0;
    Kept kept{};
  };
  using Windows = std::list<Window>;

  bool is_crowded() const noexcept { return windows_.size() > max_keys_ || bytes_ > max_bytes_; }
  bool is_due(Time now) const noexcept {
    return windows_.front().end <= now || ending_ > 0 || is_crowded();
  }

  void begin(std::string_view key, Time now) {
    Windows fresh(1);
    fresh.front().key = key;
    fresh.front().end = now + window_;
    by_key_.emplace(fresh.front().key, fresh.begin());  // a view: list nodes stay where they are
    bytes_ += key.size() + fresh.front().kept.bytes();
    windows_.splice(windows_.end(), fresh);
  }
  // The window at the front ends where its next one begins: when it was to end, or before.
  void begin_again(Time now) noexcept {
    Window& window = windows_.front();
    window.end = std::min(window.end, now) + window_;
    windows_.splice(windows_.end(), windows_, windows_.begin());
  }
  void remove_oldest() noexcept {
    const Window& window = windows_.front();
    bytes_ -= window.key.size() + window.kept.bytes();
    by_key_.erase(window.key);
    windows_.pop_front();
  }

  const std::chrono::nanoseconds window_;
  const std::size_t max_keys_;
  const std::size_t max_bytes_;
  Windows windows_{};  // by their ends
  std::unordered_map<std::string_view, typename Windows::iterator> by_key_{};
  std::size_t ending_ = 0;  // so many at the front are to end now
  std::size_t kept_ = 0;
  std::size_t bytes_ = 0;
};

}  // namespace penstock::pipeline
