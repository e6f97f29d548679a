// SPDX-License-Identifier: Apache-2.0
// link_servers.cpp: which server a link is connected to, and to which it goes from there.
#include <algorithm>
#include <utility>

#include "link.hpp"

namespace penstock::syslog {
namespace {

using namespace std::chrono_literals;

// A receiver that ends in order has read all, and worked off what it has read before this.
constexpr std::chrono::seconds time_to_work_off{1};
// When nobody waits for an answer, only something to be sent again.
constexpr std::chrono::seconds lonely_pause{1};
// A connection that has ended before this was of little use, whatever its peer's TCP acknowledged.
constexpr std::chrono::seconds short_life{1};
// After servers that all take connections and nothing else: twice as long each time.
constexpr std::chrono::milliseconds standstill_pause{10};
// The first server is tried again beside the one that is in use: that waits meanwhile.
constexpr std::chrono::milliseconds time_to_fail_back{1000};
// So long a quiet moment is waited for.
constexpr std::chrono::seconds quiet_moment_within{10};
// To connect: with less it is left to the next round.
constexpr std::chrono::milliseconds shortest_try{100};

}  // namespace

// A round of all servers, or of as many as there is time for: batches wait for their answer.
bool Link::connect() {
  std::string reasons;
  const Clock::time_point until = Clock::now() + options_.answer_within;
  const std::size_t count = options_.servers.size();
  StreamOptions options = options_.stream;
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t index = next_server_;
    next_server_ = (index + 1) % count;
    if (try_server(index, options, reasons)) return true;
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(until - Clock::now());
    if (left < shortest_try) break;
    options.connect_timeout = std::min(options.connect_timeout, left);
    const std::lock_guard lock(mutex_);
    if (stops_) return false;
  }
  fail(reasons);
  return false;
}

bool Link::try_server(std::size_t index, const StreamOptions& options, std::string& reasons) {
  auto made = open_stream(options_.servers[index], options, tls_.get(), stop_.get());
  if (!made) {
    if (!reasons.empty()) reasons += "; ";
    reasons += made.errors().front().message;
    return false;
  }
  begin(*std::move(made), index);
  tell_place(reasons);
  return true;
}

// What was told of bad ends stays until a connection has turned out to be better.
void Link::tell_place(const std::string& reasons) {
  if (server_ != 0) {
    const std::string why = reasons.empty() ? trouble_ : reasons;
    context_.report("sending to " + options_.servers[server_].text + ", not to " +
                    options_.servers[0].text + ": " + why);
  } else if (bad_ends_ == 0) {
    context_.report({});
  }
}

void Link::note_progress(Clock::time_point now) {
  if (bad_ends_ == 0 || now - connected_at_ < short_life) return;
  bad_ends_ = 0;
  if (server_ == 0) context_.report({});
}

void Link::broke(const Broken& why) {
  const std::string reason = why.reason;
  const bool was_short = Clock::now() - connected_at_ < short_life;
  const std::size_t count = options_.servers.size();
  const auto others = static_cast<unsigned>(bad_ends_ + 1 < count ? count - bad_ends_ - 1 : 0);
  bool has_moved = false;
  unsigned standstills = 0;
  {
    const std::lock_guard lock(mutex_);
    has_moved = window_.connection_ends(
        why.may_have_lost ? Clock::time_point{} : Clock::now() - time_to_work_off, others);
    standstills = window_.standstills();
  }
  if (was_short || standstills != 0) count_bad_end(reason, standstills);
  stream_->end();
  stream_.reset();
  if (!has_moved && others == 0) fail(reason);
}

// The next server may do better; when there is none left, a while later.
void Link::count_bad_end(const std::string& reason, unsigned standstills) {
  constexpr unsigned doublings_max = 7;
  ++bad_ends_;
  trouble_ = reason;
  next_server_ = (server_ + 1) % options_.servers.size();
  if (standstills == 0) return;
  context_.report(reason);
  if (bad_ends_ < options_.servers.size()) return;
  const auto pause = standstill_pause * (1U << std::min(standstills, doublings_max));
  not_before_ = Clock::now() + std::min<Clock::duration>(pause, lonely_pause);
}

// As we want it.
void Link::leave() {
  {
    const std::lock_guard lock(mutex_);
    window_.connection_ends(Clock::now() - time_to_work_off);
  }
  stream_->end();
  stream_.reset();
}

void Link::fail(const std::string& reason) {
  Window::Answers answers;
  {
    const std::lock_guard lock(mutex_);
    is_stale_ = window_.has_unsettled();
    ++failures_;
    window_.give_up(reason, answers);
  }
  connect_at_ = Clock::now() + lonely_pause;
  answer(answers);
}

// When all is acknowledged; if there is no such moment, what is not goes to both.
void Link::fail_back() {
  const Clock::time_point now = Clock::now();
  if (server_ == 0 || options_.failback.count() == 0 || now < fail_back_at_) return;
  if (now < fail_back_at_ + std::min<Clock::duration>(options_.failback, quiet_moment_within)) {
    const std::lock_guard lock(mutex_);
    if (window_.has_unacked() || window_.has_unsent()) return;
  }
  fail_back_at_ = now + options_.failback;
  StreamOptions quick = options_.stream;
  quick.connect_timeout = std::min(quick.connect_timeout, time_to_fail_back);
  auto made = open_stream(options_.servers[0], quick, tls_.get(), stop_.get());
  if (!made) return;
  leave();
  begin(*std::move(made), 0);
  context_.report({});
}

}  // namespace penstock::syslog
