// SPDX-License-Identifier: Apache-2.0
#include "pipeline/supervisor.hpp"

#include <algorithm>
#include <pthread.h>

#include <fmt/chrono.h>
#include <fmt/format.h>

#include "event/context.hpp"
#include "pipeline/core.hpp"
#include "pipeline/signals_blocked.hpp"
#include "pipeline/text_record.hpp"

namespace penstock::pipeline {
namespace {

using namespace std::chrono_literals;

constexpr auto longest_period = std::chrono::nanoseconds(100ms);
constexpr auto shortest_period = std::chrono::nanoseconds(1ms);
constexpr auto quota_time = 10s;         // an event of each kind and sink
constexpr auto loss_is_over = 5s;        // without another drop
constexpr std::size_t most_notes = 256;  // that wait to be told

std::string seconds(std::chrono::nanoseconds time) {
  return fmt::format("{:.3g} s", std::chrono::duration<double>(time).count());
}

Level level_of(Supervisor::Kind kind) {
  switch (kind) {
    case Supervisor::Kind::back:
    case Supervisor::Kind::unstuck:
    case Supervisor::Kind::lossless:
      return Level::info;
    default:
      return Level::warning;
  }
}

std::string_view words_of(Supervisor::Kind kind) {
  switch (kind) {
    case Supervisor::Kind::down:
      return "cannot deliver";
    case Supervisor::Kind::breaker_open:
      return "goes on failing, and is only probed now";
    case Supervisor::Kind::back:
      return "delivers again";
    case Supervisor::Kind::stuck:
      return "is stuck";
    case Supervisor::Kind::unstuck:
      return "is no longer stuck";
    case Supervisor::Kind::losing:
      return "loses events";
    case Supervisor::Kind::lossless:
      return "has stopped losing events";
  }
  return {};
}

}  // namespace

Supervisor::Supervisor(Core& core, bool told) : core_(core), told_(told), period_(longest_period) {}

Supervisor::~Supervisor() { stop(); }

void Supervisor::start() {
  for (const Channel* channel : core_.channels()) {
    period_ = std::min(period_, channel->options.call_timeout / 4);
  }
  period_ = std::max(period_, shortest_period);
  losses_.resize(core_.channels().size());
  const SignalsBlocked blocked;
  thread_ = std::thread([this] { run(); });
}

void Supervisor::stop() {
  if (!thread_.joinable()) return;
  if (core_.forked()) {
    thread_.detach();  // it is not in this process
    return;
  }
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void Supervisor::call_begins() noexcept {
  {
    std::lock_guard lock(mutex_);
    ++calls_;
    if (!asleep_) return;
  }
  changed_.notify_all();
}

void Supervisor::note(const Channel& channel, Kind kind, std::string detail) noexcept {
  if (!told_) return;
  try {
    std::lock_guard lock(mutex_);
    if (stopping_) return;
    if (notes_.size() < most_notes) {
      notes_.push_back({&channel, kind, std::move(detail), detail::ticks()});
    }
  } catch (...) {
    return;  // no memory for it: the state is in the stats all the same
  }
  changed_.notify_all();
}

void Supervisor::events_are_dropped() noexcept {
  if (!told_) return;
  {
    std::lock_guard lock(mutex_);
    if (std::exchange(drops_, true)) return;
  }
  changed_.notify_all();
}

// ---- the thread -------------------------------------------------------------------------------

void Supervisor::run() {
  pthread_setname_np(pthread_self(), "ps:supervisor");
  mark_this_thread_as_worker(core_);
  producer_ = core_.attach();
  bool active = false;
  for (;;) {
    std::vector<Note> notes;
    {
      std::unique_lock lock(mutex_);
      wait(lock, active);
      notes.swap(notes_);
      active = calls_ != std::exchange(calls_seen_, calls_);
      if (stopping_ && notes.empty()) return;
    }
    const Time now = std::chrono::steady_clock::now();
    active = watch_calls(now) || active;
    active = watch_losses(now) || active;
    for (const Note& note : notes) tell(note);
  }
}

// While there is something to watch, it looks now and then; else it sleeps until there is.
void Supervisor::wait(std::unique_lock<std::mutex>& lock, bool active) {
  const auto news = [&] { return stopping_ || !notes_.empty(); };
  if (active) {
    changed_.wait_for(lock, period_, news);
  } else {
    asleep_ = true;
    changed_.wait(lock, [&] { return news() || drops_ || calls_ != calls_seen_; });
    asleep_ = false;
  }
}

// True while a call is being made.
bool Supervisor::watch_calls(Time now) {
  bool any = false;
  for (Channel* channel : core_.channels()) {
    const std::chrono::nanoseconds limit = channel->options.call_timeout;
    bool got_stuck = false;
    {
      std::lock_guard lock(channel->mutex);
      if (!channel->call || channel->frozen) continue;
      any = true;
      Channel::Call& call = *channel->call;
      if (call.stuck || limit == forever || now - call.since < limit) continue;
      call.stuck = got_stuck = true;
      call.state_before = std::exchange(channel->ledger.state, SinkState::stuck);
      call.error_before =
          std::exchange(channel->ledger.last_error,
                        fmt::format("a call of it takes longer than {}", seconds(limit)));
    }
    if (got_stuck) {
      note(*channel, Kind::stuck,
           fmt::format("a call of it has taken longer than {}", seconds(limit)));
    }
  }
  return any;
}

// True while some sink loses events, or has until just now.
bool Supervisor::watch_losses(Time now) {
  {
    std::lock_guard lock(mutex_);
    const bool any_open =
        std::any_of(losses_.begin(), losses_.end(), [](const Loss& loss) { return loss.open; });
    if (!std::exchange(drops_, false) && !any_open) return false;
  }
  bool any = false;
  const PipelineStats stats = core_.stats();
  for (std::size_t i = 0; i < losses_.size() && i < stats.sinks.size(); ++i) {
    Loss& loss = losses_[i];
    const Channel& channel = *core_.channels()[i];
    const std::int64_t dropped = stats.sinks[i].dropped_total();
    if (dropped != loss.seen) {
      if (!loss.open) {
        loss.before = loss.seen;
        note(channel, Kind::losing, "see its drops in the account");
      }
      loss.open = true;
      loss.last = now;
      loss.seen = dropped;
    } else if (loss.open && now - loss.last >= loss_is_over) {
      loss.open = false;
      note(channel, Kind::lossless, fmt::format("{} were dropped", dropped - loss.before));
    }
    any = any || loss.open;
  }
  return any;
}

// ---- telling ----------------------------------------------------------------------------------

void Supervisor::tell(const Note& note) {
  Quota& quota = quotas_[{note.channel, note.kind}];
  const Time now = std::chrono::steady_clock::now();
  if (now < quota.next) {
    ++quota.left_out;
    return;
  }
  quota.next = now + quota_time;
  std::string message =
      fmt::format("sink '{}' {}", note.channel->options.name, words_of(note.kind));
  if (!note.detail.empty()) message += ": " + note.detail;
  if (quota.left_out != 0) {
    message += fmt::format(" (and {} times more since this was last said)", quota.left_out);
    quota.left_out = 0;
  }
  publish(note, level_of(note.kind), message);
}

// The sinks that are well, but for the one that it is about.
std::uint64_t Supervisor::receivers(const Channel& about) const {
  std::uint64_t mask = 0;
  for (Channel* channel : core_.channels()) {
    if (channel == &about || channel->options.only_dead_letters) continue;
    std::lock_guard lock(channel->mutex);
    if (!channel->finished && channel->ledger.state == SinkState::running) mask |= channel->bit;
  }
  return mask;
}

// To those of them that have room: one that has none gets no further burden.
void Supervisor::publish(const Note& note, Level level, std::string_view message) {
  if (!core_.allows("penstock", level)) return;
  std::string context;
  event::ContextWriter writer(context);
  writer.add_logger("penstock");
  writer.add_field({"sink", Value(std::string_view(note.channel->options.name))});
  const TextRecord text{.site = &submitted_site(),
                        .level = level,
                        .word = 0,
                        .ticks = note.ticks,
                        .context = context,
                        .message = message};
  std::vector<std::byte> record(record_bytes(text));
  write_record(record.data(), text);
  std::uint64_t mask = 0;
  const std::uint64_t wanted = receivers(*note.channel);
  for (const Channel* channel : core_.channels()) {
    if ((wanted & channel->bit) != 0 && channel->gate.has_room(largest_block)) mask |= channel->bit;
  }
  if (mask == 0) return;
  const Producer::Injected injected{
      .records = record, .events = 1, .mask = mask, .urgent = true, .like = nullptr};
  if (producer_->inject(injected)) core_.count_own_event();
}

}  // namespace penstock::pipeline
