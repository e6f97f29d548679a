// SPDX-License-Identifier: Apache-2.0
// receivers.hpp: receivers of streams that behave as a test tells them, and who counts what came.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "socket.hpp"

namespace penstock::syslog::testing {

// Takes numbered messages ("... 17") in octet counting. What comes again is no harm; what is left
// out, or comes before what belongs in front of it, is.
class Tally {
 public:
  // The bytes of a connection, from its beginning on; of another one after begin().
  void begin();
  void take(std::string_view bytes);

  std::uint64_t distinct() const;
  std::uint64_t duplicates() const;
  // What was wrong, or nothing.
  std::string complaint() const;
  std::vector<std::string> messages() const;
  void keep_messages() { keeps_ = true; }

 private:
  void message(std::string_view text);

  mutable std::mutex mutex_{};
  std::string rest_{};
  std::uint64_t next_ = 0;
  std::uint64_t duplicates_ = 0;
  std::string complaint_{};
  std::vector<std::string> messages_{};
  bool keeps_ = false;
};

struct ListenOptions {
  int receive_buffer = 0;  // 0: the system's
  std::uint16_t port = 0;  // 0: a free one
  std::string path{};      // of a local socket instead
  std::string address = "127.0.0.1";
};

// Accepts connections, one after the other: each is given to the handler, in a thread.
class Acceptor {
 public:
  // The socket is closed afterwards, unless it is kept by keep(). Where the handler waits on it,
  // the end of the acceptor ends the wait.
  using Handler = std::function<void(Socket& socket)>;

  explicit Acceptor(Handler handler, const ListenOptions& options = {});
  ~Acceptor();
  Acceptor(const Acceptor&) = delete;
  Acceptor& operator=(const Acceptor&) = delete;

  std::uint16_t port() const noexcept { return port_; }
  const Socket& listener() const noexcept { return listener_; }
  std::string url() const { return "tcp://127.0.0.1:" + std::to_string(port_); }
  // For the handler: its connection goes on after it, and after the acceptor.
  Socket keep(Socket& socket);
  // No further connection is taken: a new one is refused.
  void stop();

 private:
  void run();

  Handler handler_;
  Socket listener_;
  std::uint16_t port_ = 0;
  std::mutex mutex_{};
  int active_ = -1;  // under mutex_: the connection that the handler has
  bool stops_ = false;
  std::thread thread_{};
};

// Reads up to `limit` bytes, or to the end, into the tally; how many that were.
std::size_t read_into(Tally& tally, int descriptor, std::size_t limit = SIZE_MAX);
// When it is closed, the peer will see a reset.
void reset_at_close(const Socket& socket);
// From now on the connection takes nothing and answers nothing, as if its machine were gone.
void go_silent(const Socket& socket);

}  // namespace penstock::syslog::testing
