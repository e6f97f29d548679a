// SPDX-License-Identifier: Apache-2.0
// stream.hpp: one connection to a receiver, and how much of what was sent it has.
//
// Threads  one at a time
// Loss     acked() counts what the peer's TCP has acknowledged; of a local socket, what was read.
//          That is not what the receiver has worked off: see Broken::may_have_lost
// Errors   SIGPIPE is never raised by a plain stream; whoever uses TLS blocks it in its thread
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <sys/uio.h>

#include <penstock/result.hpp>

#include "server.hpp"
#include "socket.hpp"

namespace penstock::syslog {

class TlsContext;

// What a peer says in one turn, in reads of 4 KiB.
inline constexpr int turns_of_listening = 16;

struct StreamOptions {
  std::chrono::milliseconds connect_timeout{10'000};
  // What does not answer for so long is dead.
  std::chrono::milliseconds dead_after{15'000};
  // A receiver that answers, and reads nothing for so long, is given up.
  std::chrono::milliseconds stalled_after{300'000};
};

// Why a connection ended.
struct Broken {
  std::string reason{};
  // A peer that closes after it has read everything says so in order (FIN). Where it is reset, or
  // does not answer any more, its TCP may have acknowledged what was never read.
  bool may_have_lost = true;
};

class Stream {
 public:
  Stream(Socket socket, const Server& server, const StreamOptions& options);
  virtual ~Stream() = default;
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  int descriptor() const noexcept { return socket_.get(); }
  // Sends as much as is taken now; how much that was. Nothing when it has broken.
  virtual std::size_t send(std::span<const iovec> data) = 0;
  // Looks for what the peer says: an end, or an error. What else it sends is thrown away.
  virtual void listen() = 0;
  // Of all that send() took. Never goes down.
  virtual std::uint64_t acked() = 0;
  // Ends it in order, without waiting.
  virtual void end() = 0;

  // Set once it cannot be used any more.
  const std::optional<Broken>& broken() const noexcept { return broken_; }
  // The last send() was stopped by what the peer has to say first, not by a full buffer.
  bool waits_for_peer() const noexcept { return waits_for_peer_; }
  // Notices a peer that does not answer, or takes nothing, where the kernel does not. `has_unsent`:
  // there is more that it could be sent.
  void watch(bool has_unsent, Clock::time_point now);

 protected:
  void break_off(std::string reason, bool may_have_lost);
  // errno of a call of it.
  void break_off(int error);
  // Bytes of the stream that the peer has, of `written` that the kernel has taken.
  std::uint64_t acked_of(std::uint64_t written);
  const Server& server() const noexcept { return server_; }

  std::uint64_t taken_ = 0;  // bytes that send() took
  bool waits_for_peer_ = false;

 private:
  // Where the peer has got to. It stands still when that does not change.
  struct Place {
    std::uint64_t taken = 0;
    std::uint64_t acked = 0;
    int queued = 0;  // of a local socket
    friend bool operator==(const Place&, const Place&) = default;
  };

  void watch_tcp();
  void watch_place(bool has_unsent, Clock::time_point now);
  std::uint64_t acked_tcp(std::uint64_t written);
  std::uint64_t acked_local(std::uint64_t written);
  void set_user_timeout(std::chrono::milliseconds time);

  Socket socket_;
  Server server_;
  StreamOptions options_;
  std::optional<Broken> broken_{};
  std::uint64_t wire_acked_ = 0;
  std::uint64_t acked_before_ = 0;  // the SYN counts too
  bool window_is_closed_ = false;
  Place place_{};
  Clock::time_point moved_at_ = Clock::now();
};

// Connected, with the TLS handshake done when the server is a tls:// one.
Result<std::unique_ptr<Stream>> open_stream(const Server& server, const StreamOptions& options,
                                            const TlsContext* tls, int interrupt);

}  // namespace penstock::syslog
