// SPDX-License-Identifier: Apache-2.0
// link_thread.cpp: what a link's own thread does. What it hears may be anything: a child that says
// what cannot be is killed.
#include <algorithm>
#include <array>
#include <bit>
#include <cerrno>
#include <cstring>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <utility>

#include <fmt/format.h>

#include "isolation/link.hpp"
#include "plugin/words.hpp"

namespace penstock::isolation {
namespace {

using namespace std::chrono_literals;

constexpr auto time_to_end = 1s;  // of a process that has closed its connection
constexpr std::size_t messages_in_a_row = 256;
// What a socket may hold at the end of the child is less by far.
constexpr std::size_t drained_bytes_max = std::size_t{8} << 20;
constexpr int drained_rounds_max = 16;
constexpr std::chrono::nanoseconds longest_patience = std::chrono::hours(24 * 20);  // poll's int

}  // namespace

void Link::run() noexcept {
  try {
    // 15 characters are all that a thread's name may have.
    ::pthread_setname_np(::pthread_self(), fmt::format("ps:{}:peer", sink_.substr(0, 7)).c_str());
    listen();
  } catch (...) {
    Lock lock(mutex_);
    condemn(lock, "could not be heard for want of memory");
  }
  finish();
}

// Until the child is gone or has had the time to go, or the link is left.
void Link::listen() {
  std::array<pollfd, 4> ready{};
  ready[0] = {.fd = wake_.get(), .events = POLLIN, .revents = 0};
  ready[1] = {.fd = socket_.get(), .events = POLLIN, .revents = 0};
  ready[2] = {.fd = child_.pid_fd(), .events = POLLIN, .revents = 0};
  ready[3] = {.fd = secrets_.get(), .events = POLLIN, .revents = 0};
  while (const std::optional<int> patience = look_after()) {
    ::poll(ready.data(), ready.size(), *patience);
    if ((ready[0].revents & POLLIN) != 0 && is_left()) return;
    // First what it has said, also when it is gone: that counts.
    std::size_t room = drained_bytes_max;
    if (ready[1].revents != 0 && !hear(room)) return;
    if (ready[2].revents != 0) return drain();
    if ((ready[3].revents & POLLIN) != 0) answer_secret();
    if ((ready[3].revents & POLLIN) == 0 && ready[3].revents != 0) ready[3].fd = -1;
  }
}

// What it had said before its end. Others may have its end of the socket: they go first, and what
// they say meanwhile is bounded.
void Link::drain() {
  child_.kill();
  std::size_t room = drained_bytes_max;
  for (int i = 0; i < drained_rounds_max && room != 0 && hear(room); ++i) {
  }
}

bool Link::is_left() {
  eventfd_t count = 0;
  ::eventfd_read(wake_.get(), &count);
  std::lock_guard lock(mutex_);
  return leaving_;
}

// What is due now, and when to look again: in milliseconds, -1 for never; nothing: it has had its
// time. A child that is late is killed here, and heard of as gone.
std::optional<int> Link::look_after() {
  Lock lock(mutex_);
  if (!leave_by_) return look_after_idle(lock);
  const auto left = *leave_by_ - std::chrono::steady_clock::now();
  if (left <= 0ns) return std::nullopt;
  return static_cast<int>(std::chrono::ceil<std::chrono::milliseconds>(left).count());
}

std::optional<int> Link::look_after_idle(Lock& lock) {
  std::string verdict;
  const auto deadline = next_deadline(verdict);
  if (!deadline) return -1;
  const auto left = *deadline - std::chrono::steady_clock::now();
  if (left > 0ns) {
    return static_cast<int>(std::chrono::duration_cast<std::chrono::milliseconds>(left).count()) +
           1;
  }
  if (!verdict.empty()) {
    condemn(lock, std::move(verdict));
    return 0;
  }
  free_idle(lock);
  ping_ = ++last_number_;
  pinged_at_ = std::chrono::steady_clock::now();
  send(lock, {.call = Call::ping, .number = ping_}, -1);
  return 0;
}

// Nothing is being written: one piece of memory is enough to go on with, and not the largest.
void Link::free_idle(Lock& lock) {
  const auto keep =
      std::min_element(segments_.begin(), segments_.end(), [](const auto& a, const auto& b) {
        return std::pair(a->in_use, a->size()) < std::pair(b->in_use, b->size());
      });
  const Segment* const kept = keep == segments_.end() ? nullptr : keep->get();
  for (std::size_t i = segments_.size(); i-- > 0;) {
    if (!segments_[i]->in_use && segments_[i].get() != kept) let_go(lock, i);
  }
}

// It takes nothing more, or says nothing more. Mostly it is ending: a little later it is known how.
void Link::lose(Lock&) noexcept {
  if (leave_by_) return;
  leave_by_ = std::chrono::steady_clock::now() + time_to_end;
  ::eventfd_write(wake_.get(), 1);
}

// The earliest of: an answer is owed, the ping is, a ping is due, for which there is no verdict. A
// call that is being made has a deadline of its own, and what it waits behind has the same.
std::optional<Offers::Time> Link::next_deadline(std::string& verdict) {
  if (call_timeout_ >= longest_patience) return std::nullopt;
  const auto seconds = [](std::chrono::nanoseconds time) {
    return std::chrono::duration<double>(time).count();
  };
  std::optional<Offers::Time> next;
  const bool is_called = !call_.empty() && !reply_ && !write_result_;
  if (!is_called && !waits_for_made_) {
    const auto silence = std::max(heartbeat_, call_timeout_);
    next = ping_ == 0 ? heard_at_ + heartbeat_ : pinged_at_ + silence;
    if (ping_ != 0) verdict = fmt::format("gave no sign of life for {:.3g} s", seconds(silence));
  }
  const auto since = offers_.owed_since();
  if (since && (!next || *since + call_timeout_ < *next)) {
    next = *since + call_timeout_;
    verdict = fmt::format("owed the answer to a batch for {:.3g} s", seconds(call_timeout_));
  }
  return next;
}

// All that it has said by now, or much of it. False when there is nothing more to come, ever.
bool Link::hear(std::size_t& room) {
  alignas(MessageHead) std::array<std::byte, message_bytes_max + 1> bytes;
  for (std::size_t i = 0; i < messages_in_a_row && room != 0; ++i) {
    const ssize_t size = ::recv(socket_.get(), bytes.data(), bytes.size(), MSG_DONTWAIT);
    if (size == -1 && errno == EINTR) continue;
    if (size == -1 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
      // When the child is gone this is its last word.
      pollfd gone{.fd = child_.pid_fd(), .events = POLLIN, .revents = 0};
      return ::poll(&gone, 1, 0) == 0;
    }
    if (size <= 0) return false;
    const std::span heard(bytes.data(), static_cast<std::size_t>(size));
    room -= std::min(room, heard.size());
    Result<Message> message = parse_message(heard);
    if (!message) return nonsense(message.errors().front().message);
    if (!take(*std::move(message))) return false;
  }
  return true;
}

bool Link::nonsense(std::string_view what) {
  Lock lock(mutex_);
  condemn(lock, fmt::format("answered with {}", what));
  return false;
}

bool Link::take(Message message) {
  if (message.kind == Kind::settle || message.kind == Kind::report ||
      message.kind == Kind::figure) {
    return take_later(std::move(message));
  }
  Lock lock(mutex_);
  heard_at_ = std::chrono::steady_clock::now();
  if (message.kind == Kind::positions) {
    const std::string wrong = offers_.take_positions(message);
    lock.unlock();
    return wrong.empty() || nonsense(wrong);
  }
  if (!take_reply(std::move(message), lock)) {
    lock.unlock();
    return nonsense("an answer to what it was not asked");
  }
  if (is_condemned_) return false;
  changed_.notify_all();
  return true;
}

// What the worker waits for. False when that is something else.
bool Link::take_reply(Message message, Lock& lock) {
  if (message.kind == Kind::made || message.kind == Kind::refused) {
    if (!std::exchange(waits_for_made_, false)) return false;
    reply_ = std::move(message);
    return true;
  }
  if (message.kind == Kind::done && ping_ != 0 && message.number == ping_) {
    ping_ = 0;
    return true;
  }
  if (message.kind == Kind::done || message.kind == Kind::failed) {
    if (message.number != awaited_ || reply_) return false;
    reply_ = std::move(message);
    return true;
  }
  if (message.number != written_ || write_result_) return false;
  const bool threw = message.value != 0;
  Offers::Outcome outcome = offers_.take(std::move(message));
  if (!outcome.nonsense.empty()) {
    condemn(lock, "answered with " + outcome.nonsense);
    return true;
  }
  write_threw_ = threw && outcome.result->kind() == WriteResult::Kind::retry;
  write_result_ = std::move(outcome.result);
  for (const auto& segment : segments_) {
    if (segment->number() == outcome.free_segment) segment->in_use = false;
  }
  return true;
}

// What goes on to the pipeline, without our lock: it has its own.
bool Link::take_later(Message message) {
  SinkContext* context = nullptr;
  Offers::Outcome outcome;
  const std::uint64_t token = message.number;
  std::string report;
  const bool is_figure = message.kind == Kind::figure;
  const auto figure = std::bit_cast<double>(message.value);
  {
    std::lock_guard lock(mutex_);
    if (is_figure) report = message.text;
    if (message.kind == Kind::report) {
      const char* const between = concern_.empty() || message.text.empty() ? "" : "; ";
      report = fmt::format("{}{}{}", concern_, between, message.text);
    }
    context = context_;
    heard_at_ = std::chrono::steady_clock::now();
    if (message.kind == Kind::settle) outcome = offers_.take(std::move(message));
    for (const auto& segment : segments_) {
      if (segment->number() == outcome.free_segment) segment->in_use = false;
    }
  }
  if (!outcome.nonsense.empty()) return nonsense(outcome.nonsense);
  if (context == nullptr) return true;
  if (outcome.result) {
    try {
      context->settle(token, *std::move(outcome.result));
    } catch (...) {
      settle_fatal(*context, token, "process is gone");  // it is by then: nobody hears it any more
      throw;
    }
  } else if (is_figure) {
    context->measure(report, figure);
  } else {
    context->report(report);
  }
  return true;
}

void Link::answer_secret() {
  std::array<char, secret_path_max + 1> path{};
  const ssize_t size = ::recv(secrets_.get(), path.data(), path.size(), MSG_DONTWAIT);
  if (size < 0 || static_cast<std::size_t>(size) > secret_path_max) return;
  SecretAnswer answer = give_secret_(std::string(path.data(), static_cast<std::size_t>(size)));
  const SecretHead head{.status = answer.status};
  std::string bytes(reinterpret_cast<const char*>(&head), sizeof head);
  bytes += answer.text.substr(0, secret_message_max - sizeof head);
  ::send(secrets_.get(), bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
  ::explicit_bzero(bytes.data(), bytes.size());
  ::explicit_bzero(answer.text.data(), answer.text.size());
}

// It ends by itself, or is killed. Nothing: it cannot die.
std::optional<End> Link::end_child() noexcept {
  bool is_condemned = false;
  {
    std::lock_guard lock(mutex_);
    is_condemned = is_condemned_;
  }
  if (!is_condemned) {
    if (const auto end = child_.reap(time_to_end)) return end;
  }
  Offers::Time leave_by;
  {
    Lock lock(mutex_);
    condemn(lock, "closed its connection");
    leave_by = *leave_by_;
  }
  const auto left = leave_by - std::chrono::steady_clock::now();
  return child_.reap(std::max(std::chrono::duration_cast<std::chrono::milliseconds>(left), 0ms));
}

// How it came to its end: its own way counts more than why we were about to kill it.
std::string Link::story(const std::optional<End>& end) const {
  const bool by_us = !end || end->kind == End::Kind::unknown ||
                     (end->kind == End::Kind::signal && end->status == SIGKILL);
  std::string how;
  if (is_condemned_ && by_us) {
    how = *plain_verdict_ == 0 ? plugin::one_line(verdict_) : plain_verdict_;
    how += end ? " and was killed" : ", was killed and has not ended: it is left behind";
  } else {
    how = to_string(*end) + (call_.empty() ? "" : " in " + call_);
  }
  return fmt::format(
      "plugin {}: its process {} {}; it is started again and gets what it has not answered for; if "
      "that goes on, ask its vendor",
      plugin_, child_.pid(), how);
}

// The child is gone or has to go; all that it owes is offered again.
void Link::finish() noexcept {
  {
    std::lock_guard lock(mutex_);
    if (leaving_ && !is_condemned_) return;
  }
  const std::optional<End> end = end_child();
  std::string why = "process is gone";  // fits without memory
  SinkContext* context = nullptr;
  bool is_told = false;  // by an answer
  {
    std::lock_guard lock(mutex_);
    try {
      why = story(end);
      death_ = why;
    } catch (...) {
      death_ = "process is gone";
    }
    if (end && end->is_own() && !is_condemned_ && (!written_ || took_write_)) {
      ended_with_ = offers_.only();
    }
    context = context_;
    is_told = !call_.empty() || offers_.owed();
    changed_.notify_all();
  }
  if (context == nullptr) return;
  settle_owed(*context, why);
  try {
    if (!is_told) context->report(why);
  } catch (...) {
    // the next call says it
  }
}

void Link::settle_owed(SinkContext& context, const std::string& why) noexcept {
  for (;;) {
    std::optional<std::uint64_t> token;
    {
      std::lock_guard lock(mutex_);
      token = offers_.owed();
      if (token) offers_.forget(*token);
    }
    if (!token) return;
    settle_fatal(context, *token, why);
  }
}

// Until it is: without memory first with less to say, then a little later.
void Link::settle_fatal(SinkContext& context, std::uint64_t token,
                        const std::string& why) noexcept {
  for (bool in_short = false;; in_short = true) {
    try {
      return context.settle(token, WriteResult::fatal(in_short ? "process is gone" : why));
    } catch (...) {
      Lock lock(mutex_);
      if (leaving_) return;
      if (in_short) changed_.wait_for(lock, 10ms);
    }
  }
}

}  // namespace penstock::isolation
