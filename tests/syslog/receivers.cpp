// SPDX-License-Identifier: Apache-2.0
#include "receivers.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <charconv>
#include <linux/filter.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <gtest/gtest.h>

namespace penstock::syslog::testing {

void Tally::begin() {
  const std::lock_guard lock(mutex_);
  rest_.clear();
}

void Tally::take(std::string_view bytes) {
  const std::lock_guard lock(mutex_);
  rest_ += bytes;
  std::string_view left = rest_;
  while (!left.empty()) {
    std::size_t size = 0;
    const auto [end, error] = std::from_chars(left.data(), left.data() + left.size(), size);
    const auto digits = static_cast<std::size_t>(end - left.data());
    if (digits == left.size()) break;
    if (error != std::errc() || *end != ' ') {
      if (complaint_.empty()) complaint_ = "no length: " + std::string(left.substr(0, 80));
      break;
    }
    if (left.size() < digits + 1 + size) break;
    message(left.substr(digits + 1, size));
    left.remove_prefix(digits + 1 + size);
  }
  rest_.erase(0, rest_.size() - left.size());
}

void Tally::message(std::string_view text) {
  if (keeps_) messages_.emplace_back(text);
  const std::string_view last = text.substr(text.rfind(' ') + 1);
  std::uint64_t number = 0;
  std::from_chars(last.data(), last.data() + last.size(), number);
  if (number > next_ && complaint_.empty()) {
    complaint_ = std::to_string(number) + " came where " + std::to_string(next_) + " was next";
  }
  if (number < next_) ++duplicates_;
  next_ = std::max(next_, number + 1);
}

std::uint64_t Tally::distinct() const {
  const std::lock_guard lock(mutex_);
  return next_;
}
std::uint64_t Tally::duplicates() const {
  const std::lock_guard lock(mutex_);
  return duplicates_;
}
std::string Tally::complaint() const {
  const std::lock_guard lock(mutex_);
  return complaint_;
}
std::vector<std::string> Tally::messages() const {
  const std::lock_guard lock(mutex_);
  return messages_;
}

Acceptor::Acceptor(Handler handler, const ListenOptions& options) : handler_(std::move(handler)) {
  const int family = options.path.empty() ? AF_INET : AF_UNIX;
  listener_ = Socket(::socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (options.receive_buffer > 0) {
    ::setsockopt(listener_.get(), SOL_SOCKET, SO_RCVBUF, &options.receive_buffer,
                 sizeof options.receive_buffer);
  }
  const int on = 1;
  ::setsockopt(listener_.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  sockaddr_un local{};
  local.sun_family = AF_UNIX;
  options.path.copy(local.sun_path, sizeof local.sun_path - 1);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  ::inet_pton(AF_INET, options.address.c_str(), &address.sin_addr);
  address.sin_port = htons(options.port);
  const bool bound =
      options.path.empty()
          ? ::bind(listener_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0
          : ::bind(listener_.get(), reinterpret_cast<sockaddr*>(&local), sizeof local) == 0;
  EXPECT_TRUE(bound) << error_text(errno);
  EXPECT_EQ(::listen(listener_.get(), 16), 0);
  if (options.path.empty()) {
    socklen_t size = sizeof address;
    ::getsockname(listener_.get(), reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
  }
  thread_ = std::thread([this] { run(); });
}

Acceptor::~Acceptor() { stop(); }

void Acceptor::stop() {
  {
    const std::lock_guard lock(mutex_);
    stops_ = true;
    if (active_ >= 0) ::shutdown(active_, SHUT_RDWR);
  }
  ::shutdown(listener_.get(), SHUT_RDWR);
  if (thread_.joinable()) thread_.join();
  listener_ = {};
}

Socket Acceptor::keep(Socket& socket) {
  const std::lock_guard lock(mutex_);
  active_ = -1;
  return std::move(socket);
}

void Acceptor::run() {
  for (;;) {
    Socket socket(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
    if (!socket) return;
    {
      const std::lock_guard lock(mutex_);
      if (stops_) return;
      active_ = socket.get();
    }
    handler_(socket);
    const std::lock_guard lock(mutex_);
    active_ = -1;
    socket = {};
  }
}

std::size_t read_into(Tally& tally, int descriptor, std::size_t limit) {
  std::array<char, 65536> buffer{};
  std::size_t taken = 0;
  while (taken < limit) {
    const std::size_t most = std::min(buffer.size(), limit - taken);
    const ssize_t size = ::recv(descriptor, buffer.data(), most, 0);
    if (size <= 0) break;
    tally.take({buffer.data(), static_cast<std::size_t>(size)});
    taken += static_cast<std::size_t>(size);
  }
  return taken;
}

void reset_at_close(const Socket& socket) {
  const linger at_once{.l_onoff = 1, .l_linger = 0};
  ::setsockopt(socket.get(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
}

void go_silent(const Socket& socket) {
  sock_filter drop = BPF_STMT(BPF_RET | BPF_K, 0);
  const sock_fprog program{.len = 1, .filter = &drop};
  ASSERT_EQ(::setsockopt(socket.get(), SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program), 0);
}

}  // namespace penstock::syslog::testing
