// SPDX-License-Identifier: Apache-2.0
// signal_watch.hpp: SIGTERM, SIGINT and SIGHUP, taken by a thread of their own, so that they work
// whatever the main thread is waiting for.
//
//   SIGHUP                  reopen()
//   SIGTERM, SIGINT, first  stop_fd() becomes readable. Reading ends; if it has not ended after
//                           half of the time for stopping (a sink with `when_full: block` has no
//                           room), end_reading() is called.
//   SIGTERM, SIGINT, second  leave_now(), which ends the process
//
// Between signals it looks after the sinks, for the same reason: look() is called now and then from
// look_soon() until it says that there is nothing to be seen. A process at rest is left asleep.
//
// Errors   the constructor throws when there is no thread
// Threads  the functions of Actions are called by the watching thread; the rest [any]
#pragma once

#include <chrono>
#include <functional>
#include <mutex>
#include <thread>

namespace penstock::cli {

// Must come before any thread is made: they all inherit it. SIGPIPE and SIGXFSZ are ignored from
// now on: the write that caused them fails, and that is reported.
void block_signals();

class SignalWatch {
 public:
  struct Actions {
    std::function<void()> reopen;
    std::function<void(std::chrono::nanoseconds time_left)> end_reading;
    std::function<void(int signal)> leave_now;
    std::function<bool()> look;  // true: look again
  };

  SignalWatch(std::chrono::nanoseconds stop_timeout, Actions actions);
  ~SignalWatch();
  SignalWatch(const SignalWatch&) = delete;
  SignalWatch& operator=(const SignalWatch&) = delete;

  // -1 when the system had no file descriptors left; then nothing is watched.
  int stop_fd() const noexcept { return stop_fd_; }
  // 0 while none has come.
  int stop_signal() const;
  // The input has ended or was stopped. Returns the time that is left for delivering.
  std::chrono::nanoseconds reading_ended();
  // To be called often.
  void look_soon();

 private:
  using Clock = std::chrono::steady_clock;

  void watch();
  void take(int signal);
  int wait_ms() const;
  void end_reading_if_due();
  void look_if_due();

  const std::chrono::nanoseconds stop_timeout_;
  const Actions actions_;
  int stop_fd_ = -1;
  int wake_fd_ = -1;
  int signal_fd_ = -1;

  mutable std::mutex mutex_{};
  int stop_signal_ = 0;            // under mutex_
  bool reading_ended_ = false;     // under mutex_
  Clock::time_point deadline_{};   // under mutex_; for delivering, once stop_signal_ is set
  bool looks_ = false;             // under mutex_
  bool quits_ = false;             // under mutex_
  Clock::time_point next_look_{};  // of the watching thread
  std::thread thread_{};
};

}  // namespace penstock::cli
