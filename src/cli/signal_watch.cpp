// SPDX-License-Identifier: Apache-2.0
#include "cli/signal_watch.hpp"

#include <algorithm>
#include <array>
#include <csignal>
#include <cstdint>
#include <poll.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>
#include <utility>

namespace penstock::cli {
namespace {

constexpr std::chrono::milliseconds look_interval{250};

sigset_t watched_signals() {
  sigset_t set;
  sigemptyset(&set);
  for (const int signal : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&set, signal);
  return set;
}

void clear_event(int fd) {
  std::uint64_t count = 0;
  if (::read(fd, &count, sizeof count) < 0) return;
}

void raise_event(int fd) {
  const std::uint64_t one = 1;
  // It can only fail when the event is raised already.
  if (::write(fd, &one, sizeof one) < 0) return;
}

}  // namespace

void block_signals() {
  const sigset_t set = watched_signals();
  ::pthread_sigmask(SIG_BLOCK, &set, nullptr);
  for (const int signal : {SIGPIPE, SIGXFSZ}) ::signal(signal, SIG_IGN);
}

SignalWatch::SignalWatch(std::chrono::nanoseconds stop_timeout, Actions actions)
    : stop_timeout_(stop_timeout), actions_(std::move(actions)) {
  const sigset_t set = watched_signals();
  signal_fd_ = ::signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
  wake_fd_ = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  stop_fd_ = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (signal_fd_ < 0 || wake_fd_ < 0 || stop_fd_ < 0) {
    // Signals must still do something.
    ::pthread_sigmask(SIG_UNBLOCK, &set, nullptr);
    return;
  }
  thread_ = std::thread([this] { watch(); });
}

SignalWatch::~SignalWatch() {
  if (thread_.joinable()) {
    {
      std::lock_guard lock(mutex_);
      quits_ = true;
    }
    raise_event(wake_fd_);
    thread_.join();
  }
  for (const int fd : {signal_fd_, wake_fd_, stop_fd_}) {
    if (fd >= 0) ::close(fd);
  }
}

int SignalWatch::stop_signal() const {
  std::lock_guard lock(mutex_);
  return stop_signal_;
}

std::chrono::nanoseconds SignalWatch::reading_ended() {
  std::lock_guard lock(mutex_);
  reading_ended_ = true;
  if (stop_signal_ == 0) return stop_timeout_;
  return std::max<std::chrono::nanoseconds>(deadline_ - Clock::now(), {});
}

void SignalWatch::look_soon() {
  {
    std::lock_guard lock(mutex_);
    if (std::exchange(looks_, true)) return;
  }
  raise_event(wake_fd_);
}

void SignalWatch::watch() {
  ::pthread_setname_np(::pthread_self(), "signals");
  for (;;) {
    std::array<pollfd, 2> ready = {{{signal_fd_, POLLIN, 0}, {wake_fd_, POLLIN, 0}}};
    ::poll(ready.data(), ready.size(), wait_ms());
    if (ready[1].revents != 0) clear_event(wake_fd_);
    {
      std::lock_guard lock(mutex_);
      if (quits_) return;
    }
    signalfd_siginfo info{};
    while (::read(signal_fd_, &info, sizeof info) == sizeof info) {
      take(static_cast<int>(info.ssi_signo));
    }
    end_reading_if_due();
    look_if_due();
  }
}

void SignalWatch::take(int signal) {
  if (signal == SIGHUP) {
    actions_.reopen();
    return;
  }
  bool is_first = false;
  {
    std::lock_guard lock(mutex_);
    is_first = stop_signal_ == 0;
    if (is_first) {
      stop_signal_ = signal;
      deadline_ = Clock::now() + stop_timeout_;
    }
  }
  if (is_first) {
    raise_event(stop_fd_);
  } else {
    actions_.leave_now(signal);
  }
}

int SignalWatch::wait_ms() const {
  std::lock_guard lock(mutex_);
  const bool waits_for_reading = stop_signal_ != 0 && !reading_ended_;
  if (!waits_for_reading && !looks_) return -1;
  Clock::time_point next = Clock::time_point::max();
  if (waits_for_reading) next = deadline_ - stop_timeout_ / 2;
  if (looks_) next = std::min(next, next_look_);
  const auto left = std::max<Clock::duration>(next - Clock::now(), {});
  const auto ms = std::chrono::ceil<std::chrono::milliseconds>(left).count();
  return static_cast<int>(std::clamp<std::int64_t>(ms, 0, 1'000'000));
}

void SignalWatch::look_if_due() {
  {
    std::lock_guard lock(mutex_);
    if (!looks_ || Clock::now() < next_look_) return;
    // Whoever asks while it looks asks for another look.
    looks_ = false;
  }
  const bool again = actions_.look();
  std::lock_guard lock(mutex_);
  next_look_ = Clock::now() + look_interval;
  if (again) looks_ = true;
}

void SignalWatch::end_reading_if_due() {
  Clock::time_point deadline;
  {
    std::lock_guard lock(mutex_);
    if (stop_signal_ == 0 || reading_ended_) return;
    if (Clock::now() < deadline_ - stop_timeout_ / 2) return;
    reading_ended_ = true;  // once is enough
    deadline = deadline_;
  }
  actions_.end_reading(std::max<std::chrono::nanoseconds>(deadline - Clock::now(), {}));
}

}  // namespace penstock::cli
