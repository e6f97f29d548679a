// SPDX-License-Identifier: Apache-2.0
#include "socket.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <memory>
#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <system_error>
#include <unistd.h>
#include <utility>
#include <vector>

namespace penstock::syslog {
namespace {

struct FreeAddresses {
  void operator()(addrinfo* list) const noexcept { ::freeaddrinfo(list); }
};

// 0 when it is connected, else errno.
int connect_one(int descriptor, const sockaddr* address, socklen_t size, const Wait& wait) {
  if (::connect(descriptor, address, size) == 0) return 0;
  if (errno != EINPROGRESS) return errno;
  if (!wait_for(descriptor, POLLOUT, wait)) return ETIMEDOUT;
  int error = 0;
  socklen_t length = sizeof error;
  if (::getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &error, &length) != 0) return errno;
  return error;
}

Error cannot_connect(const Server& server, int error) {
  return failure("cannot connect to " + server.text + ": " + error_text(error));
}

Result<Socket> connect_local(const Server& server, const Wait& wait) {
  const int type = server.is_stream() ? SOCK_STREAM : SOCK_DGRAM;
  Socket made(::socket(AF_UNIX, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!made) return cannot_connect(server, errno);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  server.path.copy(address.sun_path, sizeof address.sun_path - 1);
  const int error =
      connect_one(made.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address, wait);
  if (error != 0) return cannot_connect(server, error);
  return made;
}

using Addresses = std::unique_ptr<addrinfo, FreeAddresses>;

Result<Addresses> look_up(const Server& server) {
  addrinfo hints{};
  hints.ai_socktype = server.is_stream() ? SOCK_STREAM : SOCK_DGRAM;
  hints.ai_flags = AI_NUMERICSERV;
  addrinfo* found = nullptr;
  const int code = ::getaddrinfo(server.host.c_str(), server.port.c_str(), &hints, &found);
  if (code == 0) return Addresses(found);
  const std::string why = code == EAI_SYSTEM ? error_text(errno) : ::gai_strerror(code);
  return failure("cannot connect to " + server.text + ": its name has no address: " + why);
}

bool is_interrupted(const Wait& wait) { return wait_for(wait.interrupt, POLLIN, {}); }

}  // namespace

Socket::~Socket() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

std::string error_text(int error) { return std::generic_category().message(error); }

Error failure(std::string message) { return Error{.message = std::move(message)}; }

bool wait_for(int descriptor, short events, const Wait& wait) {
  for (;;) {
    std::array<pollfd, 2> watched{{{.fd = descriptor, .events = events, .revents = 0},
                                   {.fd = wait.interrupt, .events = POLLIN, .revents = 0}}};
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(wait.deadline - Clock::now()).count();
    const int timeout = static_cast<int>(std::clamp<std::int64_t>(left, 0, 3'600'000));
    const int ready = ::poll(watched.data(), watched.size(), timeout);
    if (ready < 0 && errno == EINTR) continue;
    if (ready <= 0) return false;
    return watched[0].revents != 0;
  }
}

Result<Socket> connect_to(const Server& server, const Wait& wait, std::size_t first) {
  if (server.is_local()) return connect_local(server, wait);
  auto found = look_up(server);
  if (!found) return found.errors();
  std::vector<const addrinfo*> addresses;
  for (const addrinfo* one = found->get(); one != nullptr; one = one->ai_next) {
    addresses.push_back(one);
  }
  int error = ETIMEDOUT;
  for (std::size_t i = 0; i < addresses.size(); ++i) {
    const addrinfo& address = *addresses[(first + i) % addresses.size()];
    Socket made(::socket(address.ai_family, address.ai_socktype | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!made) {
      error = errno;
      continue;
    }
    // One that answers nothing leaves time for the others.
    const Clock::time_point now = Clock::now();
    const auto share = (wait.deadline - now) / static_cast<int>(addresses.size() - i);
    error = connect_one(made.get(), address.ai_addr, address.ai_addrlen,
                        {.deadline = now + share, .interrupt = wait.interrupt});
    if (error == 0) return made;
    if (Clock::now() >= wait.deadline || is_interrupted(wait)) break;
  }
  return cannot_connect(server, error);
}

}  // namespace penstock::syslog
