// SPDX-License-Identifier: Apache-2.0
#include "link.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <ctime>
#include <poll.h>
#include <sched.h>
#include <stdexcept>
#include <sys/eventfd.h>
#include <unistd.h>
#include <utility>

namespace penstock::syslog {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t pieces_max = 64;
constexpr std::size_t worth_a_cpu = 32 * 1024;
// No event tells that something was acknowledged: it is looked at, soon at first.
constexpr std::chrono::microseconds shortest_pause{200};
constexpr std::chrono::microseconds longest_pause{10'000};
constexpr std::chrono::seconds watch_interval{1};
constexpr std::chrono::seconds ask_again_after{1};
constexpr std::chrono::milliseconds time_to_finish{500};

// The thread gets no signal of the process, and SIGPIPE, which OpenSSL's writes may raise, ends
// with it.
void block_signals() {
  sigset_t all;
  ::sigfillset(&all);
  ::pthread_sigmask(SIG_BLOCK, &all, nullptr);
}

}  // namespace

Link::Link(const SenderOptions& options, std::unique_ptr<TlsContext> tls, SinkContext& context)
    : options_(options),
      context_(context),
      wake_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
      stop_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
      // Until a peer that is gone is noticed, and as long before that.
      window_(options.resend_bytes, 2 * options.stream.dead_after),
      tls_(std::move(tls)) {
  if (!wake_ || !stop_) throw std::runtime_error("an event descriptor: " + error_text(errno));
  thread_ = std::thread([this] { run(); });
}

Link::~Link() {
  {
    const std::lock_guard lock(mutex_);
    stops_ = true;
  }
  wake(stop_);
  wake(wake_);
  thread_.join();
}

void Link::wake(const Socket& event) const {
  const std::uint64_t one = 1;
  [[maybe_unused]] const ssize_t written = ::write(event.get(), &one, sizeof one);  // or is awake
}

// ---- the sink's thread -------------------------------------------------------------------------

WriteResult Link::write(const Batch& batch, BatchFormatter& formatter) {
  const Window::Offer offer{
      .token = batch.token(), .id = batch.id(), .offset = batch.offset(), .count = batch.size()};
  const auto wait_for_others = [] {
    return WriteResult::retry("the connection has ended; what was sent before comes first", 1ms);
  };
  Encoded encoded;
  std::uint64_t failures = 0;
  {
    const std::lock_guard lock(mutex_);
    const bool is_new = batch.attempt() <= 1 && batch.offset() == 0;
    if (std::exchange(is_stale_, false) && is_new) return wait_for_others();
    failures = failures_;
    if (auto answer = window_.claim(offer, Clock::now())) return *std::move(answer);
    encoded = window_.take_spare();
  }
  formatter.format(batch, encoded);
  if (encoded.frames.empty()) {
    if (encoded.refused.empty()) return WriteResult::ok();
    return WriteResult::reject("larger than max_message", std::move(encoded.refused));
  }
  {
    const std::lock_guard lock(mutex_);
    if (failures != failures_ && std::exchange(is_stale_, false)) return wait_for_others();
    writer_ = {.thread = ::gettid(), .cpu = ::sched_getcpu()};
    window_.push(offer, std::move(encoded), Clock::now());
    tries_now_ = true;
  }
  wake(wake_);
  return WriteResult::pending();
}

void Link::reopen(std::unique_ptr<TlsContext> tls) {
  {
    const std::lock_guard lock(mutex_);
    new_tls_ = std::move(tls);
    reopens_ = true;
  }
  wake(wake_);
}

// ---- its own thread ----------------------------------------------------------------------------

// Want of memory passes, or it does not: nothing is forgotten meanwhile.
void Link::run() noexcept {
  constexpr auto time_to_recover = 10ms;
  block_signals();
  for (bool goes_on = true; goes_on;) {
    try {
      goes_on = work();
      if (goes_on) wait();
    } catch (...) {
      wait_for(stop_.get(), POLLIN, {.deadline = Clock::now() + time_to_recover});
    }
  }
  try {
    finish();
  } catch (...) {
    // the pipeline takes back what has no answer
  }
}

// What is on its way gets a moment to be acknowledged; the rest is given back.
void Link::finish() {
  const Clock::time_point until = Clock::now() + time_to_finish;
  const auto has_unsettled = [this] {
    const std::lock_guard lock(mutex_);
    return window_.has_unsettled();
  };
  if (stream_ != nullptr) look_after_acks();
  while (stream_ != nullptr && !stream_->broken() && has_unsettled() && Clock::now() < until) {
    carry();
    stream_->listen();
    look_after_acks();
    wait_for(stream_->descriptor(), is_blocked_ ? POLLOUT : short{0},
             {.deadline = Clock::now() + 1ms});
  }
  Window::Answers answers;
  {
    const std::lock_guard lock(mutex_);
    window_.connection_ends(Clock::time_point::max());
    window_.give_up("the sink was closed before it was acknowledged", answers);
  }
  answer(answers);
  if (stream_ != nullptr) stream_->end();
}

bool Link::work() {
  take_requests();
  bool has_unsent = false;
  {
    const std::lock_guard lock(mutex_);
    if (stops_) return false;
    if (std::exchange(tries_now_, false)) connect_at_ = {};
    has_unsent = window_.has_unsent();
  }
  const Clock::time_point due = std::max(connect_at_, not_before_);
  if (stream_ == nullptr && has_unsent && Clock::now() >= due && !connect()) return true;
  if (stream_ == nullptr) return true;
  carry();
  if (!stream_->broken()) stream_->listen();
  look_after_acks();
  if (stream_->broken()) {
    broke(*stream_->broken());
  } else {
    fail_back();
  }
  return true;
}

void Link::take_requests() {
  std::uint64_t count = 0;
  [[maybe_unused]] const ssize_t got = ::read(wake_.get(), &count, sizeof count);
  bool reopens = false;
  {
    const std::lock_guard lock(mutex_);
    reopens = std::exchange(reopens_, false);
    if (new_tls_ != nullptr) tls_ = std::move(new_tls_);
  }
  if (!reopens) return;
  connect_at_ = {};
  not_before_ = {};
  if (stream_ == nullptr) return;
  look_after_acks();
  leave();
}

void Link::begin(std::unique_ptr<Stream> stream, std::size_t index) {
  stream_ = std::move(stream);
  server_ = index;
  next_server_ = 0;
  is_blocked_ = false;
  last_acked_ = 0;
  pause_ = shortest_pause;
  connected_at_ = Clock::now();
  moved_at_ = connected_at_;
  fail_back_at_ = connected_at_ + options_.failback;
  const std::lock_guard lock(mutex_);
  window_.connection_begins();
}

bool Link::has_unsent() {
  const std::lock_guard lock(mutex_);
  return window_.has_unsent();
}

// Sends until the kernel takes no more.
void Link::carry() {
  is_blocked_ = false;
  while (!stream_->broken()) {
    std::array<iovec, pieces_max> pieces{};
    std::size_t count = 0;
    std::size_t bytes = 0;
    Writer writer;
    {
      const std::lock_guard lock(mutex_);
      if (!window_.has_unsent()) return;
      count = window_.next(pieces);
      writer = writer_;
    }
    for (std::size_t i = 0; i < count; ++i) bytes += pieces[i].iov_len;
    if (bytes >= worth_a_cpu) keep_off(writer);
    const std::size_t sent = stream_->send(std::span(pieces).first(count));
    {
      const std::lock_guard lock(mutex_);
      window_.sent(sent);
    }
    if (sent < bytes) {
      is_blocked_ = !stream_->waits_for_peer();
      return;
    }
  }
}

// The kernel wakes a thread where the one was that woke it. What one writes while the other sends
// takes half as long, but there they would take turns. Where there is no other CPU, it stays.
void Link::keep_off(const Writer& writer) noexcept {
  if (::sched_getcpu() != writer.cpu) return;
  cpu_set_t cpus;
  CPU_ZERO(&cpus);
  if (::sched_getaffinity(writer.thread, sizeof cpus, &cpus) != 0) return;
  CPU_CLR(static_cast<std::size_t>(writer.cpu), &cpus);
  (void)::sched_setaffinity(0, sizeof cpus, &cpus);
}

void Link::look_after_acks() {
  const std::uint64_t acked = stream_->acked();
  const Clock::time_point now = Clock::now();
  pause_ = acked == last_acked_ ? std::min(pause_ * 2, longest_pause) : shortest_pause;
  if (acked != last_acked_) {
    note_progress(now);
    moved_at_ = now;
  }
  last_acked_ = acked;
  if (now - watched_at_ >= watch_interval) {
    stream_->watch(has_unsent(), now);
    watched_at_ = now;
  }
  Window::Answers answers;
  try {
    const std::lock_guard lock(mutex_);
    window_.acked(acked, now, answers);
    window_.release_old(now - options_.answer_within,
                        options_.servers[server_].text + " has not acknowledged it for 10 s",
                        ask_again_after, answers);
    // What a peer has not read for a while stays unread as long as it takes nothing more.
    if (!window_.has_unsent() && !window_.has_unacked()) moved_at_ = now;
    window_.tidy(moved_at_);
  } catch (...) {
    answer(answers);  // for want of memory not all of them
    throw;
  }
  answer(answers);
}

void Link::answer(Window::Answers& answers) {
  for (auto& [token, result] : answers) {
    try {
      context_.settle(token, result);
    } catch (...) {
      context_.settle(token, WriteResult::retry({}));  // for which no memory is needed
    }
  }
}

// For a request, the peer, room in the kernel's buffer, or the time to look again.
void Link::wait() {
  bool is_busy = false;
  bool has_unsent = false;
  {
    const std::lock_guard lock(mutex_);
    has_unsent = window_.has_unsent();
    is_busy = has_unsent || window_.has_unacked();
  }
  std::array<pollfd, 2> watched{{{.fd = wake_.get(), .events = POLLIN, .revents = 0},
                                 {.fd = -1, .events = POLLIN, .revents = 0}}};
  std::optional<std::chrono::nanoseconds> time;
  if (stream_ != nullptr) {
    watched[1].fd = stream_->descriptor();
    if (is_blocked_) watched[1].events |= POLLOUT;
    if (is_busy) time = pause_;
    if (server_ != 0 && !is_busy)
      time = std::max<Clock::duration>(fail_back_at_ - Clock::now(), 1ms);
  } else if (has_unsent) {
    time = std::max<Clock::duration>(std::max(connect_at_, not_before_) - Clock::now(), 0ms);
  }
  std::timespec limit{};
  if (time) {
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(*time);
    limit.tv_sec = seconds.count();
    limit.tv_nsec = (*time - seconds).count();
  }
  ::ppoll(watched.data(), watched.size(), time ? &limit : nullptr, nullptr);
}

}  // namespace penstock::syslog
