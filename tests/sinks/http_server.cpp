// SPDX-License-Identifier: Apache-2.0
#include "http_server.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <cstdlib>
#include <cstring>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <optional>
#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>
#include <utility>

#include <fmt/format.h>

namespace penstock::sinks::testing {
namespace {

std::string lower_case(std::string text) {
  for (char& c : text) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return text;
}

void block_sigpipe() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGPIPE);
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
}

}  // namespace

// One connection, plain or TLS, and what was read from it.
class HttpServer::Connection {
 public:
  Connection(int fd, SSL_CTX* tls, std::size_t number) : fd_(fd), number_(number) {
    if (tls == nullptr) return;
    ssl_ = SSL_new(tls);
    SSL_set_fd(ssl_, fd);
    is_good_ = SSL_accept(ssl_) == 1;
  }
  ~Connection() {
    if (ssl_ != nullptr) SSL_free(ssl_);
  }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  int fd() const { return fd_; }

  std::optional<HttpRequest> read_head() {
    std::size_t end = std::string::npos;
    while ((end = text_.find("\r\n\r\n")) == std::string::npos) {
      if (!read_more()) return std::nullopt;
    }
    HttpRequest request;
    request.connection = number_;
    std::size_t line = text_.find("\r\n");
    const std::string first = text_.substr(0, line);
    request.method = first.substr(0, first.find(' '));
    request.target =
        first.substr(request.method.size() + 1, first.rfind(' ') - request.method.size() - 1);
    while (line < end) {
      const std::size_t next = text_.find("\r\n", line + 2);
      const std::string header = text_.substr(line + 2, next - line - 2);
      const std::size_t colon = header.find(':');
      std::string value = header.substr(std::min(colon + 1, header.size()));
      value.erase(0, std::min(value.find_first_not_of(' '), value.size()));
      request.headers[lower_case(header.substr(0, colon))] = value;
      line = next;
    }
    text_.erase(0, end + 4);
    return request;
  }

  bool read_body(HttpRequest& request) {
    const std::string length = request.header("content-length");
    const std::size_t size = length.empty() ? 0 : std::stoul(length);
    while (text_.size() < size) {
      if (!read_more()) return false;
    }
    request.body = text_.substr(0, size);
    text_.erase(0, size);
    return true;
  }

  bool send(std::string_view text) {
    while (!text.empty()) {
      const auto size = static_cast<int>(text.size());
      const ssize_t count = ssl_ != nullptr ? SSL_write(ssl_, text.data(), size)
                                            : ::send(fd_, text.data(), text.size(), MSG_NOSIGNAL);
      if (count <= 0) return false;
      text.remove_prefix(static_cast<std::size_t>(count));
    }
    return true;
  }

 private:
  bool read_more() {
    char part[16'384];
    if (!is_good_) return false;
    const ssize_t count =
        ssl_ != nullptr ? SSL_read(ssl_, part, sizeof part) : ::recv(fd_, part, sizeof part, 0);
    if (count <= 0) return false;
    text_.append(part, static_cast<std::size_t>(count));
    return true;
  }

  const int fd_;
  const std::size_t number_;
  SSL* ssl_ = nullptr;
  bool is_good_ = true;
  std::string text_{};
};

HttpServer::HttpServer(const Identity* identity, std::string greeting)
    : greeting_(std::move(greeting)) {
  if (identity != nullptr) {
    tls_ = SSL_CTX_new(TLS_server_method());
    SSL_CTX_use_certificate(tls_, identity->certificate.get());
    SSL_CTX_use_PrivateKey(tls_, identity->key.get());
  }
  start();
}

HttpServer::~HttpServer() {
  stop();
  if (tls_ != nullptr) SSL_CTX_free(tls_);
}

std::string HttpServer::url(const std::string& path, const std::string& host) const {
  return fmt::format("{}://{}:{}{}", tls_ == nullptr ? "http" : "https", host, port_, path);
}

void HttpServer::start() {
  stop_ = false;
  listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int on = 1;
  ::setsockopt(listener_, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port_);
  if (::bind(listener_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 ||
      ::listen(listener_, 64) != 0) {
    std::perror("HttpServer");
    std::abort();
  }
  socklen_t size = sizeof address;
  ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
  port_ = ntohs(address.sin_port);
  wake_ = ::eventfd(0, EFD_CLOEXEC);
  acceptor_ = std::thread([this] { accept_all(); });
}

void HttpServer::stop() {
  if (!acceptor_.joinable()) return;
  {
    std::lock_guard lock(mutex_);
    stop_ = true;
    for (const int fd : open_) ::shutdown(fd, SHUT_RDWR);
    changed_.notify_all();
  }
  const std::uint64_t one = 1;
  if (::write(wake_, &one, sizeof one) != sizeof one) std::abort();
  acceptor_.join();
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
  ::close(listener_);
  ::close(wake_);
}

void HttpServer::accept_all() {
  for (;;) {
    pollfd fds[2] = {{listener_, POLLIN, 0}, {wake_, POLLIN, 0}};
    ::poll(fds, 2, -1);
    if (fds[1].revents != 0) return;
    const int fd = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (fd == -1) continue;
    const int on = 1;
    ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    std::lock_guard lock(mutex_);
    if (stop_) {
      ::close(fd);
      return;
    }
    open_.push_back(fd);
    threads_.emplace_back([this, fd, number = connections_] { serve(fd, number); });
    ++connections_;
    changed_.notify_all();
  }
}

void HttpServer::serve(int fd, std::size_t number) {
  block_sigpipe();
  {
    Connection connection(fd, tls_, number);
    (void)connection.send(greeting_);
    while (std::optional<HttpRequest> request = connection.read_head()) {
      if (const std::optional<HttpReply> reply = early_reply(*request)) {
        (void)answer(connection, *reply);
        break;
      }
      if (!connection.read_body(*request)) break;
      if (!answer(connection, next_reply(*request))) break;
    }
  }
  std::lock_guard lock(mutex_);
  open_.erase(std::find(open_.begin(), open_.end(), fd));
  ::close(fd);
}

std::optional<HttpReply> HttpServer::early_reply(const HttpRequest& request) {
  std::lock_guard lock(mutex_);
  std::optional<HttpReply> reply = early_ ? early_(request) : std::nullopt;
  if (reply) {
    requests_.push_back(request);
    changed_.notify_all();
  }
  return reply;
}

HttpReply HttpServer::next_reply(const HttpRequest& request) {
  std::lock_guard lock(mutex_);
  requests_.push_back(request);
  changed_.notify_all();
  if (!script_.empty()) {
    HttpReply reply = std::move(script_.front());
    script_.pop_front();
    return reply;
  }
  return otherwise_ ? otherwise_(request) : HttpReply{};
}

bool HttpServer::stopping() const {
  std::lock_guard lock(mutex_);
  return stop_;
}

// False when the connection is over.
bool HttpServer::answer(Connection& connection, const HttpReply& reply) {
  using Manner = HttpReply::Manner;
  if (reply.wait_for != nullptr && !reply.wait_for->wait()) return false;
  if (reply.manner == Manner::close) return false;
  const auto wait_for_stop = [&](std::chrono::nanoseconds limit) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, limit, [&] { return stop_; });
  };
  if (reply.manner == Manner::silent) {
    pollfd fd{connection.fd(), POLLRDHUP, 0};
    ::poll(&fd, 1, -1);  // until the other side gives up
    return false;
  }
  const auto reset = [&] {
    const linger now{.l_onoff = 1, .l_linger = 0};
    ::setsockopt(connection.fd(), SOL_SOCKET, SO_LINGER, &now, sizeof now);
    return false;
  };
  if (reply.manner == Manner::abort) return reset();
  if (reply.manner == Manner::babble) {
    std::string text = fmt::format("HTTP/1.1 {} Whatever\r\n", reply.status);
    while (connection.send(text)) text = "X-More: " + std::string(1'000, 'x') + "\r\n";
    return false;
  }
  const std::size_t size = reply.manner == Manner::dribble ? 1'000'000 : reply.body.size();
  std::string head =
      fmt::format("HTTP/1.1 {} Whatever\r\nContent-Length: {}\r\n", reply.status, size);
  for (const std::string& header : reply.headers) head += header + "\r\n";
  head += "\r\n";
  switch (reply.manner) {
    case Manner::one_by_one:
      for (const char c : head + reply.body) {
        if (!connection.send({&c, 1})) return false;
      }
      return true;
    case Manner::dribble:
      if (!connection.send(head)) return false;
      while (connection.send("x")) {
        if (wait_for_stop(std::chrono::milliseconds(5))) return false;
      }
      return false;
    case Manner::reset:
      if (!connection.send(head + reply.body.substr(0, reply.body.size() / 2))) return false;
      return reset();
    default:
      return connection.send(head + reply.body);
  }
}

void HttpServer::script(std::vector<HttpReply> replies) {
  std::lock_guard lock(mutex_);
  for (HttpReply& reply : replies) script_.push_back(std::move(reply));
}

void HttpServer::otherwise(std::function<HttpReply(const HttpRequest&)> reply) {
  std::lock_guard lock(mutex_);
  otherwise_ = std::move(reply);
}

void HttpServer::early(Early reply) {
  std::lock_guard lock(mutex_);
  early_ = std::move(reply);
}

std::vector<HttpRequest> HttpServer::requests() const {
  std::lock_guard lock(mutex_);
  return requests_;
}

std::size_t HttpServer::connections() const {
  std::lock_guard lock(mutex_);
  return connections_;
}

bool HttpServer::wait_for_requests(std::size_t count) const {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, penstock::test::patience,
                           [&] { return requests_.size() >= count; });
}

bool HttpServer::wait_for_connections(std::size_t count) const {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, penstock::test::patience, [&] { return connections_ >= count; });
}

}  // namespace penstock::sinks::testing
