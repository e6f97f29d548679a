// SPDX-License-Identifier: Apache-2.0
#include "sinks/io_thread.hpp"

#include <pthread.h>
#include <sched.h>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "base/signals_blocked.hpp"

namespace penstock::sinks {

std::thread start_io_thread(std::string_view sink, std::function<void()> run) {
  // In the 15 characters that there are.
  std::string name = fmt::format("ps:{}:io", sink.substr(0, 9));
  const base::SignalsBlocked blocked;
  return std::thread([name = std::move(name), run = std::move(run)] {
    ::pthread_setname_np(::pthread_self(), name.c_str());
    run();
  });
}

void leave_cpu_to(pid_t worker, int cpu) noexcept {
  cpu_set_t cpus;
  CPU_ZERO(&cpus);
  if (::sched_getaffinity(worker, sizeof cpus, &cpus) == -1) return;
  CPU_CLR(static_cast<std::size_t>(cpu), &cpus);
  (void)::sched_setaffinity(0, sizeof cpus, &cpus);  // refused when there is none
}

}  // namespace penstock::sinks
