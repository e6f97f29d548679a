// SPDX-License-Identifier: Apache-2.0
#include "stream.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <linux/sockios.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <utility>

#include "tls.hpp"

namespace penstock::syslog {
namespace {

// Of kernels since 6.15: the longest time between two probes. Older ones refuse it.
constexpr int tcp_rto_max_ms = 44;

void set(int descriptor, int level, int option, int value) {
  ::setsockopt(descriptor, level, option, &value, sizeof value);  // none is worth failing for
}

bool read_info(int descriptor, tcp_info& info) {
  socklen_t size = sizeof info;
  info = {};
  return ::getsockopt(descriptor, IPPROTO_TCP, TCP_INFO, &info, &size) == 0;
}

// The kernel looks at its limit when a timer of its own is over: a little later.
std::chrono::milliseconds in_time(std::chrono::milliseconds limit) { return limit * 9 / 10; }

class PlainStream final : public Stream {
 public:
  using Stream::Stream;

  std::size_t send(std::span<const iovec> data) override {
    msghdr message{};
    message.msg_iov = const_cast<iovec*>(data.data());
    message.msg_iovlen = data.size();
    for (;;) {
      const ssize_t taken = ::sendmsg(descriptor(), &message, MSG_NOSIGNAL | MSG_DONTWAIT);
      if (taken >= 0) {
        taken_ += static_cast<std::uint64_t>(taken);
        return static_cast<std::size_t>(taken);
      }
      if (errno == EINTR) continue;
      if (errno != EAGAIN && errno != EWOULDBLOCK && errno != ENOBUFS) break_off(errno);
      return 0;
    }
  }

  void listen() override {
    std::array<char, 4096> ignored{};
    // Whoever talks without end does not keep this from its work.
    for (int turn = 0; turn < turns_of_listening; ++turn) {
      const ssize_t size = ::recv(descriptor(), ignored.data(), ignored.size(), MSG_DONTWAIT);
      if (size > 0 || (size < 0 && errno == EINTR)) continue;
      if (size == 0) {
        acked();
        break_off("it has closed the connection", false);
      } else if (errno != EAGAIN && errno != EWOULDBLOCK) {
        break_off(errno);
      }
      return;
    }
  }

  std::uint64_t acked() override { return acked_of(taken_); }
  void end() override { ::shutdown(descriptor(), SHUT_WR); }
};

}  // namespace

Stream::Stream(Socket socket, const Server& server, const StreamOptions& options)
    : socket_(std::move(socket)), server_(server), options_(options) {
  if (server.is_local()) return;
  const int descriptor = socket_.get();
  const auto seconds = std::chrono::floor<std::chrono::seconds>(options.dead_after).count();
  set(descriptor, IPPROTO_TCP, TCP_NODELAY, 1);
  // Of an idle connection; the kernel ends it when the time below is over, whatever the count.
  set(descriptor, SOL_SOCKET, SO_KEEPALIVE, 1);
  set(descriptor, IPPROTO_TCP, TCP_KEEPIDLE,
      static_cast<int>(std::max<std::int64_t>(seconds / 3, 1)));
  set(descriptor, IPPROTO_TCP, TCP_KEEPINTVL,
      static_cast<int>(std::max<std::int64_t>(seconds / 5, 1)));
  set(descriptor, IPPROTO_TCP, TCP_KEEPCNT, 3);
  set_user_timeout(in_time(options.dead_after));
  const auto probes = std::max<std::int64_t>(options.dead_after.count() / 4, 1000);
  set(descriptor, IPPROTO_TCP, tcp_rto_max_ms, static_cast<int>(probes));
  tcp_info info{};
  if (read_info(descriptor, info)) acked_before_ = info.tcpi_bytes_acked;
}

void Stream::set_user_timeout(std::chrono::milliseconds time) {
  set(socket_.get(), IPPROTO_TCP, TCP_USER_TIMEOUT, static_cast<int>(time.count()));
}

void Stream::break_off(std::string reason, bool may_have_lost) {
  if (broken_) return;
  broken_ = Broken{.reason = server_.text + ": " + std::move(reason),
                   .may_have_lost = may_have_lost && !server_.is_local()};
}

// EPIPE is a reset by a peer that had closed its side in order before.
void Stream::break_off(int error) { break_off(error_text(error), error != EPIPE); }

void Stream::watch(bool has_unsent, Clock::time_point now) {
  if (!broken_ && !server_.is_local()) watch_tcp();
  if (!broken_) watch_place(has_unsent, now);
}

// A closed window is no dead peer: the kernel's limit would end the connection while the peer still
// answers the probes. Of those it is asked how many have no answer.
void Stream::watch_tcp() {
  tcp_info info{};
  if (!read_info(socket_.get(), info)) return;
  const bool is_closed = info.tcpi_unacked == 0 && info.tcpi_notsent_bytes > 0;
  if (is_closed != std::exchange(window_is_closed_, is_closed)) {
    set_user_timeout(is_closed ? options_.stalled_after : in_time(options_.dead_after));
  }
  if (is_closed && info.tcpi_probes >= 2 &&
      std::chrono::milliseconds(info.tcpi_last_ack_recv) >= in_time(options_.dead_after)) {
    break_off("it does not answer any more", true);
  }
}

// The kernel knows nothing of what TLS holds back, and has no limit for local sockets.
void Stream::watch_place(bool has_unsent, Clock::time_point now) {
  Place place{.taken = taken_, .acked = acked()};
  if (server_.is_local()) ::ioctl(socket_.get(), SIOCOUTQ, &place.queued);
  const bool has_work = has_unsent || place.acked < place.taken;
  if (!has_work || place != place_) {
    place_ = place;
    moved_at_ = now;
  } else if (now - moved_at_ >= options_.stalled_after) {
    break_off(
        "it has taken nothing for " +
            std::to_string(std::chrono::floor<std::chrono::seconds>(now - moved_at_).count()) +
            " s",
        true);
  }
}

std::uint64_t Stream::acked_of(std::uint64_t written) {
  return server_.is_local() ? acked_local(written) : acked_tcp(written);
}

// The kernel's count goes on being right when the connection has been reset.
std::uint64_t Stream::acked_tcp(std::uint64_t written) {
  tcp_info info{};
  if (!read_info(socket_.get(), info) || info.tcpi_bytes_acked < acked_before_) return wire_acked_;
  const std::uint64_t acked =
      std::min<std::uint64_t>(info.tcpi_bytes_acked - acked_before_, written);
  wire_acked_ = std::max(wire_acked_, acked);
  return wire_acked_;
}

// The kernel counts memory there, not bytes: only nothing is certain.
std::uint64_t Stream::acked_local(std::uint64_t written) {
  int queued = 0;
  if (::ioctl(socket_.get(), SIOCOUTQ, &queued) != 0) return wire_acked_;
  // A peer that is gone has thrown its queue away.
  char byte = 0;
  const ssize_t size = ::recv(socket_.get(), &byte, 1, MSG_DONTWAIT | MSG_PEEK);
  const bool is_there = size > 0 || (size < 0 && (errno == EAGAIN || errno == EWOULDBLOCK));
  if (queued == 0 && is_there) wire_acked_ = written;
  return wire_acked_;
}

Result<std::unique_ptr<Stream>> open_stream(const Server& server, const StreamOptions& options,
                                            const TlsContext* tls, int interrupt) {
  const Wait wait{.deadline = Clock::now() + options.connect_timeout, .interrupt = interrupt};
  Result<Socket> connected = connect_to(server, wait);
  if (!connected) return connected.errors();
  if (server.transport == Transport::tls) {
    return open_tls_stream(*std::move(connected), server, options, *tls, wait);
  }
  return std::unique_ptr<Stream>(
      std::make_unique<PlainStream>(*std::move(connected), server, options));
}

}  // namespace penstock::syslog
