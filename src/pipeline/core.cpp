// SPDX-License-Identifier: Apache-2.0
#include "pipeline/core.hpp"

#include <algorithm>
#include <bit>

#include <fmt/format.h>

#include "base/tick_clock.hpp"
#include "pipeline/text_record.hpp"
#include "pipeline/worker.hpp"

namespace penstock::pipeline {
namespace {

constexpr std::int64_t kept_memory = 16 * static_cast<std::int64_t>(MiB);
constexpr std::uint32_t overflow_id = (1u << 24) - 1;  // record.hpp: 24 bits for a logger's id

// "orders" covers "orders" and "orders.book", not "ordersbook"; "" covers all.
bool rule_covers(const LevelRule& rule, std::string_view name) {
  if (rule.logger.empty() || name == rule.logger) return true;
  return name.size() > rule.logger.size() && name.starts_with(rule.logger) &&
         name[rule.logger.size()] == '.';
}

}  // namespace

// ---- start ------------------------------------------------------------------------------------

Core::Core(PipelineOptions options)
    : options_(std::move(options)),
      id_(next_pipeline_id()),
      epitaph_(make_epitaph()),
      pool_(kept_memory),
      supervisor_(*this, options_.own_events),
      levels_(options_.levels) {
  std::vector<std::string> names;
  for (const SinkOptions& sink : options_.sinks) {
    names.push_back(sink.name);
    channels_.push_back(
        std::make_unique<Channel>(static_cast<std::uint32_t>(channels_.size()), sink));
  }
  router_ = std::make_unique<Router>(options_, names);
  for (const auto& left_out : options_.left_out) {
    left_out_.push_back({left_out.name, left_out.reason});
  }
}

// Every holder of a block gives it back, so that the pool can free it.
Core::~Core() {
  unregister_core(id_);
  for (const auto& worker : workers_) worker->give_up_blocks();
  for (const auto& channel : channels_) channel->give_up_blocks(pool_);
  for (Producer& producer : producers_) producer.give_up_blocks();
}

Result<std::shared_ptr<Core>> Core::start(PipelineOptions options) {
  if (Errors errors = validate(options); !errors.empty()) return errors;
  base::begin_tick_calibration();
  // Function-local statics are made now: a fork() in the middle of making one would leave the child
  // with a guard that nobody opens.
  detail::detached_logger();
  submitted_site();
  std::shared_ptr<Core> core(new Core(std::move(options)));
  core->configure_bounds();
  if (Errors errors = core->open_sinks(); !errors.empty()) {
    core->stop(std::chrono::seconds(1));
    return errors;
  }
  core->order_by_dead_letters();
  try {
    core->supervisor_.start();
  } catch (const std::exception& error) {
    core->stop(std::chrono::seconds(1));
    return Errors{Error{.message = fmt::format("no thread to supervise: {}", error.what())}};
  }
  core->has_rules_.store(!core->levels_.empty(),
                         std::memory_order_relaxed);  // [S15] not shared yet
  core->logger({});  // id 0, for events that come from no call in the source
  register_core(core->id_, core);
  return core;
}

void Core::configure_bounds() {
  std::uint64_t sum = 0;
  for (const SinkOptions& sink : options_.sinks) sum += sink.queue.max_bytes;
  std::uint64_t smallest = sum;
  for (const auto& channel : channels_) {
    std::uint64_t limit = channel->options.queue.max_bytes;
    if (options_.max_bytes != 0 && options_.max_bytes < sum) {
      limit = static_cast<std::uint64_t>(static_cast<double>(limit) *
                                         static_cast<double>(options_.max_bytes) /
                                         static_cast<double>(sum));
    }
    limit = std::max<std::uint64_t>(limit, 16 * smallest_block);
    channel->gate.configure(static_cast<std::int64_t>(limit),
                            channel->options.queue.reserve_percent);
    smallest = std::min(smallest, limit - static_cast<std::uint64_t>(channel->gate.reserve()));
  }
  std::int64_t all = 0;
  for (const auto& channel : channels_) all += channel->gate.limit();
  pool_.set_bound(all);
  // A quarter of the smallest queue: an event that large can still get through.
  max_event_bytes_ =
      static_cast<std::uint32_t>(std::min<std::uint64_t>(options_.max_event_bytes, smallest / 4));
  const auto share =
      static_cast<std::uint32_t>(std::min<std::uint64_t>(smallest / 16, largest_block));
  largest_block_bytes_ = std::max(std::bit_floor(share), smallest_block);
}

// Each worker opens its sink; a sink that cannot be opened is left out, or fails the start.
Errors Core::open_sinks() {
  Errors errors;
  for (const auto& channel : channels_) {
    try {
      workers_.push_back(std::make_unique<Worker>(shared_from_this(), *channel));
    } catch (const std::exception& error) {
      errors.push_back(Error{.message = fmt::format("sink '{}': no thread for it: {}",
                                                    channel->options.name, error.what())});
      break;
    }
  }
  for (std::size_t i = workers_.size(); i < channels_.size(); ++i) {
    std::lock_guard lock(channels_[i]->mutex);
    channels_[i]->finished = true;
  }
  for (std::size_t i = 0; i < workers_.size(); ++i) {
    Status opened = workers_[i]->wait_until_open();
    const SinkOptions& sink = channels_[i]->options;
    if (opened.ok()) {
      open_channels_.push_back(channels_[i].get());
      if (sink.only_dead_letters) continue;
      lowest_sink_level_ =
          std::min(lowest_sink_level_, sink.level.value_or(options_.default_level));
      continue;
    }
    const std::string reason = opened.errors().front().message;
    if (sink.required) {
      errors.push_back(Error{.message = fmt::format("sink '{}': {}", sink.name, reason)});
    }
    left_out_.push_back({sink.name, reason});
  }
  if (errors.empty() && open_channels_.empty()) {
    for (const auto& sink : left_out_) {
      errors.push_back(Error{.message = fmt::format("sink '{}': {}", sink.name, sink.reason)});
    }
    errors.push_back(Error{.message = "no sink could be opened"});
  }
  return errors;
}

// ---- producers --------------------------------------------------------------------------------

Producer* Core::attach() {
  Producer* producer = nullptr;
  {
    std::lock_guard lock(registry_);
    if (free_producers_.empty()) {
      producers_.emplace_back(*this, static_cast<std::uint32_t>(producers_.size()));
      producer = &producers_.back();
    } else {
      producer = free_producers_.back();
      free_producers_.pop_back();
    }
  }
  producer->attach();
  return producer;
}

void Core::detach(Producer& producer) {
  producer.detach();
  std::lock_guard lock(registry_);
  free_producers_.push_back(&producer);
}

void Core::room_was_made(Channel& channel) {
  // [S13] seq_cst: room was made, now look who had none. Partner: Producer::open().
  if (channel.refusing.load(std::memory_order_seq_cst) &&
      channel.gate.has_room(largest_block_bytes())) {
    channel.refusing.store(false, std::memory_order_seq_cst);  // [S13] before asking
    offer_room_to_producers(channel.bit);
  }
}

void Core::offer_room_to_producers(std::uint64_t sink_bit) {
  std::lock_guard lock(registry_);
  for (Producer& producer : producers_) {
    if (producer.refused_by(sink_bit)) producer.offer_room();
  }
}

void Core::count_refused() noexcept {
  epitaph_->refused.fetch_add(1, std::memory_order_relaxed);  // [S14] relaxed: a count
}
void Core::count_unknown_destinations(std::uint32_t names) noexcept {
  // [S14] relaxed: a count
  epitaph_->unknown_destination.fetch_add(names, std::memory_order_relaxed);
}
void Core::count_truncated() noexcept {
  truncated_.fetch_add(1, std::memory_order_relaxed);  // [S15] relaxed: a count
}
void Core::count_dead_letter() noexcept {
  dead_letters_.fetch_add(1, std::memory_order_relaxed);  // [S15] relaxed: a count
}
void Core::count_own_event() noexcept {
  own_events_.fetch_add(1, std::memory_order_relaxed);  // [S15] relaxed: a count
}

// ---- loggers ----------------------------------------------------------------------------------

detail::LoggerState& Core::logger(std::string_view name) {
  if (forked()) return detail::detached_logger();
  std::lock_guard lock(registry_);
  const auto found = loggers_.find(name);
  if (found != loggers_.end()) return found->second->state;
  const auto id = static_cast<std::uint32_t>(loggers_by_id_.size());
  if (id >= overflow_id) return loggers_by_id_.back()->state;
  LoggerEntry* entry = make_logger_entry(std::string(name), *epitaph_);
  entry->state.slot = static_cast<std::uint32_t>(id_ % detail::thread_producer_slots);
  entry->state.word = static_cast<std::uint64_t>(id) << 40;
  apply_level(*entry);
  // [S6] relaxed: the logger reaches other threads by means of their own.
  entry->state.pipeline_id.store(closed() ? detail::no_pipeline : id_, std::memory_order_relaxed);
  loggers_.emplace(name, entry);
  loggers_by_id_.push_back(entry);
  return entry->state;
}

std::string_view Core::logger_name(std::uint32_t id) {
  std::lock_guard lock(registry_);
  return id < loggers_by_id_.size() ? std::string_view(loggers_by_id_[id]->name)
                                    : std::string_view();
}

// The rule with the longest name that is the logger's or an ancestor's; without one, the lowest
// level that some sink takes.
Level Core::level_of(std::string_view name) const {
  const LevelRule* best = nullptr;
  for (const LevelRule& rule : levels_) {
    if (rule_covers(rule, name) && (best == nullptr || rule.logger.size() >= best->logger.size()))
      best = &rule;
  }
  return best != nullptr ? best->level : lowest_sink_level_;
}

bool Core::allows(std::string_view logger, Level level) {
  if (!has_rules_.load(std::memory_order_relaxed)) return true;  // [S15] relaxed: as levels are
  std::lock_guard lock(registry_);
  const bool ruled = std::any_of(levels_.begin(), levels_.end(),
                                 [&](const LevelRule& rule) { return rule_covers(rule, logger); });
  return !ruled || level >= level_of(logger);
}

void Core::apply_level(LoggerEntry& entry) {
  const Level level = level_of(entry.name);
  const bool ruled = std::any_of(levels_.begin(), levels_.end(), [&](const LevelRule& rule) {
    return rule_covers(rule, entry.name);
  });
  // A trigger may turn an event that no sink would take into one that some sink takes.
  const bool all_names = router_->has_event_triggers() && !ruled;
  // [S5] relaxed: may take effect an event later.
  entry.state.level.store(static_cast<std::uint8_t>(level), std::memory_order_relaxed);
  entry.state.event_level.store(static_cast<std::uint8_t>(all_names ? Level::trace : level),
                                std::memory_order_relaxed);
}

void Core::set_level(std::string_view logger, std::optional<Level> level) {
  if (forked()) return;
  std::lock_guard lock(registry_);
  std::erase_if(levels_, [&](const LevelRule& rule) { return rule.logger == logger; });
  if (level) levels_.push_back({std::string(logger), *level});
  has_rules_.store(!levels_.empty(), std::memory_order_relaxed);  // [S15] relaxed: as levels are
  for (LoggerEntry* entry : loggers_by_id_) apply_level(*entry);
}

Core::Destinations Core::resolve(std::span<const std::string_view> names, bool as_is) {
  Destinations found;
  for (const std::string_view name : names) {
    std::uint64_t bit = router_->bit_of(name);
    const bool takes =
        std::any_of(open_channels_.begin(), open_channels_.end(), [&](const Channel* channel) {
          return channel->bit == bit && (as_is || !channel->options.only_dead_letters);
        });
    if (bit != 0 && takes) {
      found.mask |= bit;
      continue;
    }
    ++found.unknown;
    const std::string_view kept = name.substr(0, 200);  // names may come from outside
    std::lock_guard lock(registry_);
    const bool known =
        std::find(unknown_names_.begin(), unknown_names_.end(), kept) != unknown_names_.end();
    if (!known && unknown_names_.size() < 64) unknown_names_.emplace_back(kept);
  }
  return found;
}

// ---- flush, control ---------------------------------------------------------------------------

// A sink's dead letters reach the next one before that is flushed or closed: sorted by how far it
// is to the end of their way.
void Core::order_by_dead_letters() {
  const auto hops = [&](const Channel* channel) {
    std::size_t count = 0;
    while ((channel = open_channel(channel->options.dead_letter)) != nullptr) {
      if (++count > open_channels_.size()) break;  // a circle; validate() lets none pass
    }
    return count;
  };
  sources_first_ = open_channels_;
  std::stable_sort(sources_first_.begin(), sources_first_.end(),
                   [&](const Channel* a, const Channel* b) { return hops(a) > hops(b); });
}

// The sinks whose dead letters it takes.
std::vector<Channel*> Core::sources_of(const Channel& target) const {
  std::vector<Channel*> sources;
  std::copy_if(
      open_channels_.begin(), open_channels_.end(), std::back_inserter(sources),
      [&](const Channel* source) { return source->options.dead_letter == target.options.name; });
  return sources;
}

Channel* Core::open_channel(std::string_view name) noexcept {
  for (Channel* channel : open_channels_) {
    if (channel->options.name == name) return channel;
  }
  return nullptr;
}

bool Core::flush(std::chrono::nanoseconds timeout) {
  if (forked()) return true;
  if (this_thread_works_for(*this)) return false;  // a sink cannot wait for itself
  const base::Deadline deadline = base::deadline_after(timeout);
  std::vector<std::uint64_t> tickets(channels_.size());
  const auto ask = [&](Channel& channel) { tickets[channel.index] = channel.request_flush(); };
  const auto wait = [&](Channel& channel) {
    return wait_for_flush(channel, tickets[channel.index], deadline);
  };
  for (Channel* channel : open_channels_) {
    if (sources_of(*channel).empty()) ask(*channel);
  }
  // The others after those whose dead letters they take, and whatever others do.
  for (Channel* channel : sources_first_) {
    const std::vector<Channel*> sources = sources_of(*channel);
    for (Channel* source : sources) wait(*source);
    if (!sources.empty()) ask(*channel);
  }
  bool all_good = true;
  for (Channel* channel : open_channels_) all_good = wait(*channel) && all_good;
  return all_good;
}

bool Core::wait_for_flush(Channel& channel, std::uint64_t ticket, base::Deadline deadline) {
  std::unique_lock lock(channel.mutex);
  const auto done = [&] { return channel.finished || channel.flush_done >= ticket; };
  if (deadline == base::no_deadline) {
    channel.changed.wait(lock, done);
  } else if (!channel.changed.wait_until(lock, deadline, done)) {
    return false;
  }
  return channel.flush_done >= ticket ? channel.flush_good >= ticket : channel.drained;
}

void Core::control(SinkControl what, std::string_view sink) {
  if (forked()) return;
  for (Channel* channel : open_channels_) {
    if (!sink.empty() && channel->options.name != sink) continue;
    channel->request(what == SinkControl::reopen ? Channel::reopen : Channel::rotate);
  }
}

}  // namespace penstock::pipeline
