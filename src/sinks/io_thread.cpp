// SPDX-License-Identifier: Apache-2.0
#include "sinks/io_thread.hpp"

#include <pthread.h>
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

}  // namespace penstock::sinks
