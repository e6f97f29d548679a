// SPDX-License-Identifier: Apache-2.0
#include "isolation/peer.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>
#include <vector>

#include <fmt/format.h>

#include "penstock/event_view.hpp"
#include "plugin/json.hpp"

namespace penstock::isolation {

using detail::c_text;
using detail::text_of;
using plugin::Value;

Peer::Peer() noexcept {
  for (const int fd : {plugin_fd, socket_fd, secrets_fd}) ::fcntl(fd, F_SETFD, FD_CLOEXEC);
}

std::optional<Heard> Peer::hear() {
  Heard heard;
  iovec part{.iov_base = &heard.request, .iov_len = sizeof heard.request};
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> space{};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = space.data();
  message.msg_controllen = space.size();
  ssize_t size = -1;
  do {
    size = ::recvmsg(socket_fd, &message, MSG_CMSG_CLOEXEC);
  } while (size == -1 && errno == EINTR);
  if (size != static_cast<ssize_t>(sizeof heard.request)) return std::nullopt;
  if (const cmsghdr* const header = CMSG_FIRSTHDR(&message)) {
    int fd = -1;
    std::memcpy(&fd, CMSG_DATA(header), sizeof fd);
    heard.fd = plugin::Descriptor(fd);
  }
  return heard;
}

void Peer::send(MessageHead head, std::span<const std::uint32_t> positions, std::string_view text) {
  text = text.substr(0, message_text_max);
  head.position_count = static_cast<std::uint32_t>(positions.size());
  head.text_size = static_cast<std::uint32_t>(text.size());
  std::array<iovec, 3> parts = {
      iovec{&head, sizeof head},
      iovec{const_cast<std::uint32_t*>(positions.data()), positions.size_bytes()},
      iovec{const_cast<char*>(text.data()), text.size()}};
  msghdr message{};
  message.msg_iov = parts.data();
  message.msg_iovlen = parts.size();
  while (::sendmsg(socket_fd, &message, MSG_NOSIGNAL) == -1) {
    if (errno != EINTR) ::_exit(0);  // there is nobody left to work for
  }
}

void Peer::say_made(const penstock_sink& sink, std::string_view gap) {
  constexpr std::uint32_t known = PENSTOCK_NEEDS_EVENTS | PENSTOCK_NEEDS_ENCODED;
  send({.kind = static_cast<std::uint32_t>(Kind::made),
        .status = sink.needs & known,
        .value = std::max(sink.max_in_flight, 1u)},
       {}, gap);
}

void Peer::say(const plugin::Refusal& refusal) {
  constexpr std::size_t most = 2000;  // so that all of it has room
  send({.kind = static_cast<std::uint32_t>(Kind::refused)}, {},
       plugin::json_text(Value::Object{{"stage", std::string(to_string(refusal.stage))},
                                       {"code", refusal.code},
                                       {"reason", refusal.reason.substr(0, most)},
                                       {"fix", refusal.fix.substr(0, most)}}));
}

void Peer::say_done(std::uint64_t number, std::uint64_t value) {
  send({.kind = static_cast<std::uint32_t>(Kind::done), .number = number, .value = value}, {}, {});
}

void Peer::say_failed(std::uint64_t number, std::string_view why) {
  send({.kind = static_cast<std::uint32_t>(Kind::failed), .number = number}, {}, why);
}

void Peer::say_report(std::string_view problem) {
  send({.kind = static_cast<std::uint32_t>(Kind::report)}, {}, problem);
}

void Peer::say_figure(std::string_view name, double value) {
  send({.kind = static_cast<std::uint32_t>(Kind::figure),
        .value = std::bit_cast<std::uint64_t>(value)},
       {}, name);
}

void Peer::say(Kind kind, std::uint64_t token, std::uint64_t events, const penstock_answer& answer,
               bool threw) {
  std::uint32_t status = answer.status;
  std::string_view text = text_of(answer.reason);
  std::string wrong;
  const bool may_be_pending = kind == Kind::answer;
  if (status > PENSTOCK_WRITE_FATAL || (status == PENSTOCK_WRITE_PENDING && !may_be_pending)) {
    wrong = fmt::format("the plugin answered with the status {}, which there is not", status);
    text = wrong;
    status = PENSTOCK_WRITE_FATAL;
  }
  const bool names_some = status == PENSTOCK_WRITE_RETRY || status == PENSTOCK_WRITE_REJECT;
  if (names_some && answer.positions != nullptr) {
    std::vector<std::uint32_t> positions(
        answer.positions,
        answer.positions + std::min<std::uint64_t>(answer.position_count, events));
    std::erase_if(positions, [&](std::uint32_t position) { return position >= events; });
    for (std::size_t at = 0; at < positions.size(); at += positions_per_message) {
      const std::size_t count = std::min(positions_per_message, positions.size() - at);
      send({.kind = static_cast<std::uint32_t>(Kind::positions), .number = token},
           std::span(positions).subspan(at, count), {});
    }
  }
  send({.kind = static_cast<std::uint32_t>(kind),
        .status = status,
        .number = token,
        .value = threw ? 1u : 0u,
        .after_ns = std::max<std::int64_t>(answer.after_ns, 0),
        .settled = std::min(answer.settled, events)},
       {}, status == PENSTOCK_WRITE_OK || status == PENSTOCK_WRITE_PENDING ? "" : text);
}

// One at a time: the answer is to the one question that is open.
std::int32_t ask_secret(void*, penstock_text path, char* buffer, std::size_t capacity,
                        std::size_t* needed, penstock_text* error) {
  static std::mutex mutex;
  thread_local std::string why;
  const auto failed = [&](std::string_view reason) {
    why = reason;
    *error = c_text(why);
    return PENSTOCK_FAILED;
  };
  try {
    if (path.size == 0 || path.size > secret_path_max) return PENSTOCK_ABSENT;
    std::lock_guard lock(mutex);
    std::vector<char> bytes(secret_message_max);
    SecretHead head;
    if (::send(secrets_fd, path.data, path.size, MSG_NOSIGNAL) == -1) return failed("no host");
    const ssize_t size = ::recv(secrets_fd, bytes.data(), bytes.size(), 0);
    if (size < static_cast<ssize_t>(sizeof head)) return failed("no answer from the host");
    std::memcpy(&head, bytes.data(), sizeof head);
    const std::string_view text(bytes.data() + sizeof head,
                                static_cast<std::size_t>(size) - sizeof head);
    std::int32_t code = PENSTOCK_OK;
    if (head.status == SecretStatus::absent) {
      code = PENSTOCK_ABSENT;
    } else if (head.status == SecretStatus::failed) {
      code = failed(text);
    } else {
      *needed = text.size();
      if (text.size() <= capacity) std::memcpy(buffer, text.data(), text.size());
    }
    ::explicit_bzero(bytes.data(), bytes.size());
    return code;
  } catch (...) {
    *error = c_text("out of memory");
    return PENSTOCK_FAILED;
  }
}

}  // namespace penstock::isolation
