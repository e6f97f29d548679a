// SPDX-License-Identifier: Apache-2.0
// socket.hpp: sockets that are connected to a server. All are non-blocking and close-on-exec.
//
// Threads  one at a time
// Errors   a Result, whose words name the server and what failed
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <string>
#include <utility>

#include <penstock/result.hpp>

#include "server.hpp"

namespace penstock::syslog {

using Clock = std::chrono::steady_clock;

class Socket {
 public:
  Socket() = default;
  explicit Socket(int descriptor) noexcept : descriptor_(descriptor) {}
  Socket(Socket&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
  Socket& operator=(Socket&& other) noexcept {
    std::swap(descriptor_, other.descriptor_);
    return *this;
  }
  ~Socket();

  int get() const noexcept { return descriptor_; }
  explicit operator bool() const noexcept { return descriptor_ >= 0; }

 private:
  int descriptor_ = -1;
};

// Until when something is waited for, and a descriptor that ends the wait when it can be read (-1:
// none).
struct Wait {
  Clock::time_point deadline{};
  int interrupt = -1;
};

// Connected; a name with several addresses is tried with each, beginning with number `first` and
// going round. Waits up to the deadline for a stream, for each address an equal part of what is
// left; a name that has to be looked up may take longer than that.
Result<Socket> connect_to(const Server& server, const Wait& wait, std::size_t first = 0);
// Waits until the socket can be used (POLLIN, POLLOUT). False when the time is over, or
// interrupted.
bool wait_for(int descriptor, short events, const Wait& wait);
// "Connection refused"
std::string error_text(int error);
Error failure(std::string message);

}  // namespace penstock::syslog
