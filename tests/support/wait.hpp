// SPDX-License-Identifier: Apache-2.0
// wait.hpp: how tests wait: for something that happens, never for time to pass.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

namespace penstock::test {

using Clock = std::chrono::steady_clock;
using namespace std::chrono_literals;

// Nothing that works takes this long, on however slow a machine.
inline constexpr std::chrono::seconds patience{30};

// Looks again and again; only where nothing can be waited for. False when patience ran out.
template <class Predicate>
[[nodiscard]] bool eventually(Predicate holds, std::chrono::nanoseconds limit = patience) {
  const auto deadline = Clock::now() + limit;
  while (!holds()) {
    if (Clock::now() >= deadline) return false;
    std::this_thread::yield();
  }
  return true;
}

// Something that happens once.
class Signal {
 public:
  void set() {
    std::lock_guard lock(mutex_);
    set_ = true;
    changed_.notify_all();  // under the lock: whoever waits may destroy this right afterwards
  }
  [[nodiscard]] bool wait(std::chrono::nanoseconds limit = patience) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, limit, [&] { return set_; });
  }

 private:
  std::mutex mutex_{};
  std::condition_variable changed_{};
  bool set_ = false;
};

// Threads that are joined at the end of the scope.
class Threads {
 public:
  template <class F>
  void start(F run) {
    threads_.emplace_back(std::move(run));
  }
  template <class F>
  void start(std::size_t count, F run) {
    for (std::size_t i = 0; i < count; ++i) threads_.emplace_back(run, i);
  }
  void join() {
    for (std::thread& thread : threads_) thread.join();
    threads_.clear();
  }
  Threads() = default;
  ~Threads() { join(); }
  Threads(const Threads&) = delete;
  Threads& operator=(const Threads&) = delete;

 private:
  std::vector<std::thread> threads_{};
};

}  // namespace penstock::test
