// SPDX-License-Identifier: Apache-2.0
// link.cpp: the worker's side of a link; link_thread.cpp is the side that hears the child.
#include "isolation/link.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <ctime>
#include <stdexcept>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <utility>

#include <fmt/format.h>

#include "base/signals_blocked.hpp"

namespace penstock::isolation {
namespace {

constexpr std::size_t segment_bytes_min = 256 * 1024;
constexpr std::size_t page = 4096;
constexpr std::size_t too_large = 16;  // times what a batch takes: not for that one
constexpr unsigned idle_writes_max = 16;

// Nobody waits that long: beyond it, waits are without end.
constexpr std::chrono::hours endless{24 * 365};

}  // namespace

Link::Link(Parts parts)
    : plugin_(std::move(parts.plugin)),
      sink_(std::move(parts.sink)),
      call_timeout_(parts.call_timeout),
      heartbeat_(parts.heartbeat),
      time_to_die_(parts.time_to_die),
      give_secret_(std::move(parts.give_secret)),
      child_(std::move(parts.child)),
      socket_(std::move(parts.socket)),
      secrets_(std::move(parts.secrets)),
      wake_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  if (!wake_) throw std::runtime_error("no descriptor to wake a thread by");
  const base::SignalsBlocked blocked;
  thread_ = std::thread([this] { run(); });
}

Link::~Link() {
  {
    std::lock_guard lock(mutex_);
    leaving_ = true;
  }
  ::eventfd_write(wake_.get(), 1);
  thread_.join();
  ::shutdown(socket_.get(), SHUT_RDWR);  // what it takes for its order to end
  if (death_.empty()) child_.reap(std::chrono::seconds(1));
}

std::string Link::death() {
  std::lock_guard lock(mutex_);
  return death_;
}

bool Link::was_late() {
  std::lock_guard lock(mutex_);
  return was_late_;
}

bool Link::ended_with(std::uint64_t token) {
  std::lock_guard lock(mutex_);
  return ended_with_ == token;
}

void Link::attach(SinkContext& context, std::string concern) {
  std::lock_guard lock(mutex_);
  context_ = &context;
  concern_ = std::move(concern);
}

Result<Message> Link::wait_made() {
  Lock lock(mutex_);
  call_ = "its start";
  if (!wait(lock, [&] { return reply_.has_value(); })) return Error{.message = death_};
  return *std::exchange(reply_, std::nullopt);
}

Result<Message> Link::call(Call what, std::string_view name, std::uint32_t argument) {
  Lock lock(mutex_);
  return ask(
      lock, {.call = what, .argument = argument, .size = static_cast<std::uint64_t>(deadline_ns())},
      name, -1);
}

Result<Message> Link::ask(Lock& lock, Request request, std::string_view name, int fd) {
  if (!death_.empty()) return Error{.message = death_};
  request.number = ++last_number_;
  awaited_ = request.number;
  call_ = name;
  send(lock, request, fd);
  if (!wait(lock, [&] { return reply_.has_value(); })) return Error{.message = death_};
  Message reply = *std::exchange(reply_, std::nullopt);
  if (reply.kind == Kind::failed) {
    return Error{.message = reply.text.empty()
                                ? fmt::format("its {}() failed and gave no reason", name)
                                : std::move(reply.text)};
  }
  return reply;
}

// Until it holds or the child is gone. A child that takes longer than it may is killed, and gone
// then.
bool Link::wait(Lock& lock, const std::function<bool()>& holds) {
  const auto over = [&] { return holds() || !death_.empty(); };
  if (call_timeout_ >= endless) {
    changed_.wait(lock, over);
  } else if (!changed_.wait_for(lock, call_timeout_, over)) {
    was_late_ = true;
    condemn(lock, fmt::format("did not answer for {:.3g} s ({})",
                              std::chrono::duration<double>(call_timeout_).count(), call_));
    changed_.wait(lock, over);
  }
  const bool held = holds();
  call_.clear();
  awaited_.reset();
  return held;
}

// Its own thread sees it end, or waits no longer, and tells everybody.
void Link::condemn(Lock&, const char* why) noexcept {
  child_.kill();
  if (std::exchange(is_condemned_, true)) return;
  plain_verdict_ = why;
  leave_by_ = std::chrono::steady_clock::now() + time_to_die_;
  ::eventfd_write(wake_.get(), 1);
}

void Link::condemn(Lock& lock, std::string why) noexcept {
  if (!is_condemned_) verdict_ = std::move(why);
  condemn(lock, "");
}

// False when it takes nothing more. One that has closed its end is most likely ending, and how it
// does is the better reason.
bool Link::send(Lock& lock, const Request& request, int fd) {
  iovec part{.iov_base = const_cast<Request*>(&request), .iov_len = sizeof request};
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> space{};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  if (fd != -1) {
    message.msg_control = space.data();
    message.msg_controllen = space.size();
    cmsghdr* const header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof fd);
    std::memcpy(CMSG_DATA(header), &fd, sizeof fd);
  }
  // It reads one request before the next is sent, so there is always room.
  if (::sendmsg(socket_.get(), &message, MSG_DONTWAIT | MSG_NOSIGNAL) ==
      static_cast<ssize_t>(sizeof request)) {
    return true;
  }
  if (errno == EPIPE || errno == ECONNRESET) {
    lose(lock);
  } else {
    condemn(lock, "takes no requests");
  }
  return false;
}

// By CLOCK_MONOTONIC, which is the same in both processes; never over the end of time.
std::int64_t Link::deadline_ns() const noexcept {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  const std::int64_t now_ns = std::int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
  return call_timeout_.count() > INT64_MAX - now_ns ? INT64_MAX : now_ns + call_timeout_.count();
}

// ---- batches

namespace {

// The first events of it.
Batch::Parts part_of(Batch::Parts parts, std::size_t events) noexcept {
  if (events >= parts.count) return parts;
  parts.count = events;
  if (!parts.ends.empty()) {
    parts.ends = parts.ends.first(events);
    parts.encoded = parts.encoded.substr(0, parts.ends.back());
  }
  return parts;
}

}  // namespace

WriteResult Link::write(const Batch& batch, std::size_t events) {
  const Batch::Parts parts = part_of(batch.parts(), events);
  const std::size_t bytes = bytes_needed(parts);
  if (bytes > segment_bytes_max / 2) {
    return WriteResult::reject(
        fmt::format("{} bytes are too many for one batch", bytes));  // halved
  }
  const Result<Segment*> segment = segment_for(bytes);
  if (!segment) {
    const std::string gone = death();
    return gone.empty() ? WriteResult::retry(segment.errors().front().message)
                        : WriteResult::fatal(gone);
  }
  lay_out(parts, (*segment)->begin(), (*segment)->address);
  Lock lock(mutex_);
  if (!death_.empty()) return WriteResult::fatal(death_);
  offers_.add(parts.token, parts.count, (*segment)->number(), std::chrono::steady_clock::now(),
              parts.count < batch.size());
  written_ = parts.token;
  write_threw_ = false;
  call_ = "write";
  took_write_ = send(
      lock, {.call = Call::write, .argument = (*segment)->number(), .number = parts.token}, -1);
  const bool answered = wait(lock, [&] { return write_result_.has_value(); });
  written_.reset();
  if (!answered) return WriteResult::fatal(death_);
  WriteResult result = *std::exchange(write_result_, std::nullopt);
  if (write_threw_) throw std::runtime_error(result.reason());
  return result;
}

void Link::let_go(Lock& lock, std::size_t segment) {
  send(lock, {.call = Call::unmap, .argument = segments_[segment]->number()}, -1);
  segments_.erase(segments_.begin() + static_cast<std::ptrdiff_t>(segment));
}

// The smallest that is free and large enough, but not far too large. One that is free and too small
// makes room for it, so that there are never more than batches that are not answered for; those
// that nobody has wanted for a while go as well.
Segment* Link::free_segment(Lock& lock, std::size_t bytes) {
  const std::size_t most = too_large * std::max(bytes, segment_bytes_min);
  Segment* best = nullptr;
  for (const auto& one : segments_) {
    if (one->in_use || one->size() < bytes || one->size() > most) continue;
    if (best == nullptr || one->size() < best->size()) best = one.get();
  }
  bool makes_room = best == nullptr;
  for (std::size_t i = segments_.size(); i-- > 0;) {
    Segment& one = *segments_[i];
    if (one.in_use || &one == best) continue;
    if ((makes_room && one.size() < bytes) || ++one.idle_writes > idle_writes_max) {
      makes_room = makes_room && one.size() >= bytes;
      let_go(lock, i);
    }
  }
  if (best != nullptr) {
    best->in_use = true;
    best->idle_writes = 0;
  }
  return best;
}

Result<Segment*> Link::segment_for(std::size_t bytes) {
  Lock lock(mutex_);
  if (!death_.empty()) return Error{.message = death_};
  if (Segment* const found = free_segment(lock, bytes)) return found;
  const std::size_t wanted = std::max(segment_bytes_min, bytes + bytes / 4);
  Result<std::unique_ptr<Segment>> made =
      Segment::make(++last_segment_, (wanted + page - 1) / page * page);
  if (!made) return made.errors();
  const Request map{.call = Call::map, .argument = (*made)->number(), .size = (*made)->size()};
  const Result<Message> mapped = ask(lock, map, "map", (*made)->fd());
  if (!mapped) return mapped.errors();
  (*made)->address = mapped->value;
  (*made)->in_use = true;
  segments_.push_back(*std::move(made));
  return segments_.back().get();
}

void Link::forget_offers() {
  std::lock_guard lock(mutex_);
  offers_.clear();
  for (const auto& segment : segments_) segment->in_use = false;
}

}  // namespace penstock::isolation
