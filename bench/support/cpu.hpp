// SPDX-License-Identifier: Apache-2.0
// cpu.hpp: which CPU a thread runs on, how much of it was used, and its time-stamp counter.
#pragma once

#include <chrono>
#include <cstdint>
#include <pthread.h>
#include <sched.h>
#include <time.h>
#include <vector>

#include <penstock/detail/record.hpp>

namespace penstock::bench {

// CPUs that this process was given.
inline std::vector<int> allowed_cpus() {
  static const std::vector<int> cpus = [] {
    cpu_set_t set;
    CPU_ZERO(&set);
    sched_getaffinity(0, sizeof set, &set);
    std::vector<int> found;
    for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
      if (CPU_ISSET(static_cast<std::size_t>(cpu), &set)) found.push_back(cpu);
    }
    return found;
  }();
  return cpus;
}
// Where callers are measured, and where all that works for them runs. The same when there is only
// one CPU.
inline int caller_cpu() { return allowed_cpus().front(); }
inline int worker_cpu() { return allowed_cpus().back(); }

// The calling thread, and threads that it starts meanwhile, run on one CPU while this lives.
class PinnedTo {
 public:
  explicit PinnedTo(int cpu) {
    pthread_getaffinity_np(pthread_self(), sizeof before_, &before_);
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(static_cast<std::size_t>(cpu), &set);
    pthread_setaffinity_np(pthread_self(), sizeof set, &set);
  }
  ~PinnedTo() { pthread_setaffinity_np(pthread_self(), sizeof before_, &before_); }
  PinnedTo(const PinnedTo&) = delete;
  PinnedTo& operator=(const PinnedTo&) = delete;

 private:
  cpu_set_t before_;
};

// CPU time used so far, in nanoseconds: CLOCK_PROCESS_CPUTIME_ID or CLOCK_THREAD_CPUTIME_ID.
inline double cpu_time_ns(clockid_t clock) {
  timespec now{};
  clock_gettime(clock, &now);
  return static_cast<double>(now.tv_sec) * 1e9 + static_cast<double>(now.tv_nsec);
}

// Time and CPU time of this process since it was made.
class Stopwatch {
 public:
  struct Spent {
    double wall_ns = 0;
    double cpu_ns = 0;
  };
  Spent spent() const {
    const std::chrono::duration<double, std::nano> wall = std::chrono::steady_clock::now() - wall_;
    return {wall.count(), cpu_time_ns(CLOCK_PROCESS_CPUTIME_ID) - cpu_ns_};
  }

 private:
  std::chrono::steady_clock::time_point wall_ = std::chrono::steady_clock::now();
  double cpu_ns_ = cpu_time_ns(CLOCK_PROCESS_CPUTIME_ID);
};

#if defined(__x86_64__)
inline void cpu_relax() { _mm_pause(); }
// Nothing before it is still under way, nothing after it has begun.
inline std::uint64_t ticks_before() {
  _mm_lfence();
  return __rdtsc();
}
// All before it is done.
inline std::uint64_t ticks_after() {
  unsigned cpu;
  const std::uint64_t now = __rdtscp(&cpu);
  _mm_lfence();
  return now;
}
#else
inline void cpu_relax() {}
inline std::uint64_t ticks_before() { return detail::ticks(); }
inline std::uint64_t ticks_after() { return detail::ticks(); }
#endif

}  // namespace penstock::bench
