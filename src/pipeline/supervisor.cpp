// SPDX-License-Identifier: Apache-2.0
#include "pipeline/supervisor.hpp"

#include <algorithm>
#include <pthread.h>

#include <fmt/format.h>

#include "base/signals_blocked.hpp"
#include "event/context.hpp"
#include "pipeline/core.hpp"
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
  const base::SignalsBlocked blocked;
  thread_ = std::thread([this] { run(); });
}

void Supervisor::stop_telling() {
  if (!thread_.joinable() || core_.forked()) return;
  std::unique_lock lock(mutex_);
  silent_ = true;
  changed_.notify_all();
  changed_.wait(lock, [&] { return all_told_; });
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
    if (silent_ || stopping_) return;
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
    bool last_words = false;
    {
      std::unique_lock lock(mutex_);
      wait(lock, active);
      notes.swap(notes_);
      last_words = silent_;
      active = calls_ != std::exchange(calls_seen_, calls_);
      if (stopping_ && notes.empty()) return;
    }
    const Time now = std::chrono::steady_clock::now();
    for (const Note& note : notes) tell(note);
    active = watch_calls(now) || active;
    active = watch_losses(now) || active;
    active = tell_what_was_left_out(now) || active;
    if (last_words) {
      std::lock_guard lock(mutex_);
      all_told_ = true;
      changed_.notify_all();
    }
  }
}

// While there is something to watch, it looks now and then; else it sleeps until there is.
void Supervisor::wait(std::unique_lock<std::mutex>& lock, bool active) {
  const auto news = [&] { return stopping_ || !notes_.empty() || silent_ != all_told_; };
  if (active) {
    changed_.wait_for(lock, period_, news);
  } else {
    asleep_ = true;
    changed_.wait(lock, [&] { return news() || drops_ || calls_ != calls_seen_; });
    asleep_ = false;
  }
}

// True while a call is being made, or an answer is owed.
bool Supervisor::watch_calls(Time now) {
  bool any = false;
  for (Channel* channel : core_.channels()) any = watch_call(*channel, now) || any;
  return any;
}

bool Supervisor::watch_call(Channel& channel, Time now) {
  const std::chrono::nanoseconds limit = channel.options.call_timeout;
  const auto is_late = [&](Time since) { return limit != forever && now - since >= limit; };
  std::string what;
  {
    std::lock_guard lock(channel.mutex);
    if ((!channel.call && !channel.pending_since) || channel.frozen) return false;
    if (channel.call && !channel.call->stuck && is_late(channel.call->since)) {
      channel.call->stuck = true;
      channel.call->state_before = channel.ledger.state;
      channel.call->error_before = channel.ledger.last_error;
      what = fmt::format("a call of it takes longer than {}", seconds(limit));
    } else if (!channel.call && !channel.answer_is_late && is_late(*channel.pending_since)) {
      channel.answer_is_late = true;
      what = fmt::format("it has not answered for more than {}", seconds(limit));
    } else {
      return true;
    }
    channel.ledger.state = SinkState::stuck;
    channel.ledger.last_error = what;
  }
  note(channel, Kind::stuck, what);
  return true;
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

Supervisor::Topic Supervisor::topic_of(Kind kind) noexcept {
  switch (kind) {
    case Kind::breaker_open:
      return Topic::breaker;
    case Kind::stuck:
    case Kind::unstuck:
      return Topic::calls;
    case Kind::losing:
    case Kind::lossless:
      return Topic::losses;
    default:
      return Topic::delivery;
  }
}

// At once if the topic is new, or told the other way round only; what comes too often waits, and of
// that only the last is told in the end: what the log says last is how it is.
void Supervisor::tell(const Note& note) {
  Quota& quota = quotas_[{note.channel, topic_of(note.kind)}];
  const Time now = std::chrono::steady_clock::now();
  const bool takes_back = quota.next != Time() && quota.told != note.kind && !quota.last &&
                          level_of(note.kind) == Level::info;
  if (now >= quota.next || takes_back) {
    if (!takes_back) quota.next = now + quota_time;
    tell_now(quota, note);
  } else {
    ++quota.left_out;
    quota.last = note;
  }
}

// True while something waits to be told.
bool Supervisor::tell_what_was_left_out(Time now) {
  bool any = false;
  for (auto& [key, quota] : quotas_) {
    if (!quota.last) continue;
    if (now < quota.next) {
      any = true;
      continue;
    }
    const Note note = *std::exchange(quota.last, std::nullopt);
    --quota.left_out;
    if (note.kind == quota.told) continue;  // it is as was said
    quota.next = now + quota_time;
    tell_now(quota, note);
  }
  return any;
}

void Supervisor::tell_now(Quota& quota, const Note& note) {
  std::string message =
      fmt::format("sink '{}' {}", note.channel->options.name, words_of(note.kind));
  if (!note.detail.empty()) message += ": " + note.detail;
  if (quota.left_out > 0) {
    message += fmt::format(" (after {} changes that were not told)", quota.left_out);
  }
  quota.left_out = 0;
  quota.told = note.kind;
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
      .records = record, .events = 1, .mask = mask, .urgent = true, .keep = false, .like = nullptr};
  if (producer_->inject(injected)) core_.count_own_event();
}

}  // namespace penstock::pipeline
