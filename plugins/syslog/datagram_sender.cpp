// SPDX-License-Identifier: Apache-2.0
// datagram_sender.cpp: messages as datagrams, many in one system call. A datagram is sent when the
// kernel has taken it; over a network that is all that anybody knows.
#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <linux/errqueue.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <utility>
#include <vector>

#include "sender.hpp"

namespace penstock::syslog {
namespace {

constexpr std::size_t most_in_a_call = 512;
// How long a receiver's queue, or the system's, may be full before the sink's own backoff takes
// over.
constexpr std::chrono::seconds patience{5};
// How long a port that has refused a datagram is asked whether it refuses the next one too.
constexpr std::chrono::milliseconds time_to_refuse{100};

class DatagramSender final : public Sender {
 public:
  DatagramSender(SenderOptions options, BatchFormatter formatter)
      : options_(std::move(options)),
        formatter_(std::move(formatter)),
        refusals_(options_.servers.size()) {}

  Status open(SinkContext& context) override {
    context_ = &context;
    return {};
  }
  WriteResult write(const Batch& batch) override;
  void reopen() override {
    socket_ = {};
    refusals_.assign(refusals_.size(), 0);
  }
  void close() override { socket_ = {}; }

 private:
  // What a try to send has come to: 0, or errno, and whether the peer is to blame.
  struct Outcome {
    std::size_t sent = 0;
    int error = 0;
  };

  Status connect(std::size_t first);
  WriteResult send_all();
  Outcome try_to_send(std::size_t from, std::size_t to);
  Outcome send(std::size_t from, std::size_t to);
  const Server& server() const { return options_.servers[server_]; }
  int pending_error() const;
  bool wait_for_room(int error, Clock::time_point until) const;
  WriteResult unfinished(std::size_t frame, std::string reason);
  void refuse(std::size_t frame);
  WriteResult done();

  SenderOptions options_;
  BatchFormatter formatter_;
  SinkContext* context_ = nullptr;
  Socket socket_{};
  // How often each server has refused a datagram. A refusal comes from one of its addresses, and
  // the next time the next one is asked.
  std::vector<std::size_t> refusals_;
  std::size_t server_ = 0;  // the one that is connected
  Clock::time_point failed_over_at_{};
  bool is_suspect_ = false;  // it has refused a datagram, and taken none since
  Encoded encoded_{};
};

bool is_full(int error) { return error == EAGAIN || error == EWOULDBLOCK || error == ENOBUFS; }

// Tries all servers once, from `first` on.
Status DatagramSender::connect(std::size_t first) {
  std::string reasons;
  for (std::size_t i = 0; i < options_.servers.size(); ++i) {
    const std::size_t at = (first + i) % options_.servers.size();
    auto made =
        connect_to(options_.servers[at],
                   {.deadline = Clock::now() + options_.stream.connect_timeout}, refusals_[at]);
    if (made) {
      socket_ = *std::move(made);
      const int on = 1;  // each of these is of one family
      ::setsockopt(socket_.get(), SOL_IP, IP_RECVERR, &on, sizeof on);
      ::setsockopt(socket_.get(), SOL_IPV6, IPV6_RECVERR, &on, sizeof on);
      server_ = at;
      failed_over_at_ = Clock::now();
      context_->report(at == 0 ? std::string()
                               : "sending to " + options_.servers[at].text + " instead of " +
                                     options_.servers[0].text);
      return {};
    }
    if (!reasons.empty()) reasons += "; ";
    reasons += made.errors().front().message;
  }
  return Status::failure(reasons);
}

// What came back for a datagram that was sent before. sendmmsg() forgets an error that ends it
// early, so the socket keeps them in a queue.
int DatagramSender::pending_error() const {
  int error = 0;
  socklen_t size = sizeof error;
  if (::getsockopt(socket_.get(), SOL_SOCKET, SO_ERROR, &error, &size) != 0) error = 0;
  // A router told of a smaller path. The datagram that it is about has long been counted as sent.
  if (error == EMSGSIZE) error = 0;
  for (;;) {
    alignas(cmsghdr) std::array<char, 512> about{};
    msghdr message{};
    message.msg_control = about.data();
    message.msg_controllen = about.size();
    if (::recvmsg(socket_.get(), &message, MSG_ERRQUEUE | MSG_DONTWAIT) < 0) return error;
    for (cmsghdr* one = CMSG_FIRSTHDR(&message); one != nullptr; one = CMSG_NXTHDR(&message, one)) {
      const bool is_error = (one->cmsg_level == SOL_IP && one->cmsg_type == IP_RECVERR) ||
                            (one->cmsg_level == SOL_IPV6 && one->cmsg_type == IPV6_RECVERR);
      if (!is_error) continue;
      sock_extended_err told{};
      std::memcpy(&told, CMSG_DATA(one), sizeof told);
      if (told.ee_errno != EMSGSIZE) error = static_cast<int>(told.ee_errno);
    }
  }
}

// A server that is suspect gets the time to refuse it.
DatagramSender::Outcome DatagramSender::try_to_send(std::size_t from, std::size_t to) {
  Outcome outcome = send(from, to);
  if (outcome.error == 0 && is_suspect_) {
    wait_for(socket_.get(), 0, {.deadline = Clock::now() + time_to_refuse});
    outcome.error = pending_error();
  }
  return outcome;
}

DatagramSender::Outcome DatagramSender::send(std::size_t from, std::size_t to) {
  std::array<mmsghdr, most_in_a_call> messages{};
  std::array<iovec, most_in_a_call> texts{};
  const std::size_t count = std::min(to - from, most_in_a_call);
  for (std::size_t i = 0; i < count; ++i) {
    const std::string_view text = encoded_.text(from + i);
    texts[i] = {.iov_base = const_cast<char*>(text.data()), .iov_len = text.size()};
    messages[i].msg_hdr.msg_iov = &texts[i];
    messages[i].msg_hdr.msg_iovlen = 1;
  }
  const int sent = ::sendmmsg(socket_.get(), messages.data(), static_cast<unsigned>(count),
                              MSG_NOSIGNAL | MSG_DONTWAIT);
  if (sent < 0) return {.error = errno};
  // On a near network a refusal is here already: then some of these were lost.
  if (const int error = pending_error(); error != 0) return {.error = error};
  return {.sent = static_cast<std::size_t>(sent)};
}

// False when there was none in time. No event tells that the system has buffers again.
bool DatagramSender::wait_for_room(int error, Clock::time_point until) const {
  if (error == ENOBUFS) {
    wait_for(socket_.get(), 0, {.deadline = Clock::now() + std::chrono::milliseconds(1)});
  } else {
    wait_for(socket_.get(), POLLOUT, {.deadline = until});
  }
  return Clock::now() < until;
}

WriteResult DatagramSender::unfinished(std::size_t frame, std::string reason) {
  const std::size_t settled = encoded_.events_within(frame);
  std::vector<std::uint32_t> refused = encoded_.refused;
  std::erase_if(refused, [&](std::uint32_t event) { return event >= settled; });
  return WriteResult::retry(std::move(reason), {}, settled, std::move(refused));
}

void DatagramSender::refuse(std::size_t frame) {
  const std::uint32_t event = encoded_.frames[frame].event;
  const auto at = std::lower_bound(encoded_.refused.begin(), encoded_.refused.end(), event);
  if (at == encoded_.refused.end() || *at != event) encoded_.refused.insert(at, event);
}

WriteResult DatagramSender::done() {
  if (encoded_.refused.empty()) return WriteResult::ok();
  return WriteResult::reject("larger than max_message, or than a datagram can be",
                             encoded_.refused);
}

WriteResult DatagramSender::write(const Batch& batch) {
  encoded_.clear();
  formatter_.format(batch, encoded_);
  const bool may_fail_back = server_ != 0 && options_.failback.count() > 0 &&
                             Clock::now() - failed_over_at_ >= options_.failback;
  if (!socket_ || may_fail_back) {
    is_suspect_ = is_suspect_ || may_fail_back;
    if (const Status status = connect(0); !status.ok()) {
      return unfinished(0, status.errors().front().message);
    }
  }
  return send_all();
}

WriteResult DatagramSender::send_all() {
  const std::size_t end = encoded_.frames.size();
  const Clock::time_point last_moment = Clock::now() + options_.answer_within;
  Clock::time_point patient_until = Clock::now() + patience;
  std::size_t failures = 0;
  bool was_too_large = false;
  for (std::size_t frame = 0; frame < end;) {
    const Outcome outcome = try_to_send(frame, is_suspect_ ? frame + 1 : end);
    if (outcome.error == 0) {
      is_suspect_ = false;
      was_too_large = false;
      patient_until = Clock::now() + patience;
      frame += outcome.sent;
    } else if (outcome.error == EMSGSIZE) {
      // The first time it may be about a datagram that was sent before: a socket tells of that by
      // the next call, whatever that is to send.
      if (was_too_large) refuse(frame++);
      was_too_large = !was_too_large;
    } else if (is_full(outcome.error)) {
      if (!wait_for_room(outcome.error, std::min(patient_until, last_moment))) {
        return unfinished(frame, server().text + " takes nothing: its queue is full");
      }
    } else if (outcome.error != EINTR) {
      is_suspect_ = true;
      ++refusals_[server_];
      const std::string reason = server().text + ": " + error_text(outcome.error);
      socket_ = {};
      if (++failures >= options_.servers.size()) return unfinished(frame, reason);
      if (!connect(server_ + 1).ok()) return unfinished(frame, reason);
    }
    if (frame < end && Clock::now() >= last_moment) {
      return unfinished(frame, server().text + " takes too long for so much");
    }
  }
  return done();
}

}  // namespace

std::unique_ptr<Sender> make_datagram_sender(SenderOptions options, BatchFormatter formatter) {
  return std::make_unique<DatagramSender>(std::move(options), std::move(formatter));
}

}  // namespace penstock::syslog
