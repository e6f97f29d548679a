// SPDX-License-Identifier: Apache-2.0
// io_thread.hpp: the thread of a sink that waits for the outside in place of the worker.
#pragma once

#include <functional>
#include <string_view>
#include <sys/types.h>
#include <thread>

namespace penstock::sinks {

// Runs `run` in a thread called `ps:NAME:io`, NAME being the first nine characters of the sink's,
// in which every signal is blocked. Throws std::system_error, std::bad_alloc.
std::thread start_io_thread(std::string_view sink, std::function<void()> run);

// The calling thread is moved to the other CPUs that `worker`, a thread of this process, may use;
// where there is none, or it is not allowed, it stays. Some microseconds. [any]
void leave_cpu_to(pid_t worker, int cpu) noexcept;

}  // namespace penstock::sinks
