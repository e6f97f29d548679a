// SPDX-License-Identifier: Apache-2.0
// http_server.hpp: a small HTTP/1.1 server for tests, on a real socket of 127.0.0.1, which does
// what its script says.
//
// Threads  any; one thread accepts, and each connection has one
#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <openssl/ssl.h>

#include "support/wait.hpp"
#include "tls_material.hpp"

namespace penstock::sinks::testing {

struct HttpRequest {
  std::string method{};
  std::string target{};
  std::map<std::string, std::string> headers{};  // names in lower case
  std::string body{};
  std::size_t connection = 0;  // counted from 0

  std::string header(const std::string& name) const {
    const auto found = headers.find(name);
    return found == headers.end() ? std::string() : found->second;
  }
};

// What the server does with a request.
struct HttpReply {
  enum class Manner {
    normal,
    one_by_one,  // each byte of the answer alone
    dribble,     // the head at once, then a byte now and then, without an end
    reset,       // half of the body, and then RST
    silent,      // no answer at all; the connection stays
    close,       // no answer; the connection ends
    abort,       // no answer; RST
    babble,      // a head without an end
  };
  int status = 200;
  std::vector<std::string> headers{};
  std::string body{};
  Manner manner = Manner::normal;
  penstock::test::Signal* wait_for = nullptr;  // before it answers
};

class HttpServer {
 public:
  HttpServer() : HttpServer(nullptr) {}
  // Over TLS; null: plain. `greeting` is said to whoever connects, before anything is read.
  explicit HttpServer(const Identity* identity, std::string greeting = {});
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  std::uint16_t port() const noexcept { return port_; }
  std::string url(const std::string& path = "/hook", const std::string& host = "127.0.0.1") const;

  // The next answers; afterwards `otherwise` decides: by default 200.
  void script(std::vector<HttpReply> replies);
  void otherwise(std::function<HttpReply(const HttpRequest&)> reply);
  // Asked first, when the head of a request is there. What it answers is sent at once, and the
  // connection closed; the body is never read.
  using Early = std::function<std::optional<HttpReply>(const HttpRequest&)>;
  void early(Early reply);

  std::vector<HttpRequest> requests() const;
  std::size_t connections() const;
  [[nodiscard]] bool wait_for_requests(std::size_t count) const;
  [[nodiscard]] bool wait_for_connections(std::size_t count) const;

  // Breaks off all connections, and takes no more. start() uses the same port again.
  void stop();
  void start();

 private:
  class Connection;

  void accept_all();
  void serve(int fd, std::size_t number);
  bool answer(Connection& connection, const HttpReply& reply);
  HttpReply next_reply(const HttpRequest& request);
  std::optional<HttpReply> early_reply(const HttpRequest& request);
  bool stopping() const;

  const std::string greeting_;
  std::uint16_t port_ = 0;
  int listener_ = -1;
  int wake_ = -1;
  SSL_CTX* tls_ = nullptr;
  std::thread acceptor_{};

  mutable std::mutex mutex_{};
  mutable std::condition_variable changed_{};
  bool stop_ = false;
  std::size_t connections_ = 0;
  std::vector<int> open_{};
  std::vector<std::thread> threads_{};
  std::deque<HttpReply> script_{};
  std::function<HttpReply(const HttpRequest&)> otherwise_{};
  Early early_{};
  std::vector<HttpRequest> requests_{};
};

}  // namespace penstock::sinks::testing
