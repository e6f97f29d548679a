// SPDX-License-Identifier: Apache-2.0
#include "pipeline/producer.hpp"

#include <algorithm>
#include <bit>
#include <cstring>
#include <pthread.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <utility>

#include "event/record.hpp"
#include "penstock/detail/record.hpp"
#include "pipeline/core.hpp"

namespace penstock::pipeline {
namespace {

// A block that was filled within this many ticks (some milliseconds) was small for its thread.
constexpr std::uint64_t quick_ticks = 20'000'000;
constexpr std::uint64_t slow_ticks = 100 * quick_ticks;
constexpr std::size_t hard_limit_bytes = std::size_t{1} << 30;

// What the pool gives for so many bytes: a power of two from 4 KiB, or whole pages.
std::uint32_t block_size(std::uint32_t bytes) noexcept {
  if (bytes <= largest_block) return std::bit_ceil(std::max(bytes, smallest_block));
  return (bytes + 4095) & ~std::uint32_t{4095};
}

std::uint64_t count_of(std::uint64_t state) noexcept { return state >> 32; }

}  // namespace

Producer::Producer(Core& core, std::uint32_t index) : core_(core), index_(index) {
  for (const auto& channel : core.channels()) {
    tokens_.resize(channel->index + 1);
    dropped_.resize(channel->index + 1);
    excluded_.resize(channel->index + 1);
    tokens_[channel->index].emplace(channel->queue.make_token());
  }
}

Producer::~Producer() = default;

void Producer::attach() {
  thread_id_ = static_cast<std::uint64_t>(syscall(SYS_gettid));
  pthread_getname_np(pthread_self(), thread_name_, sizeof thread_name_);
  next_size_ = smallest_block;
}

void Producer::give_up_blocks() noexcept {
  if (open_ != nullptr) core_.pool().release(open_);
  if (reserve_ != nullptr) core_.pool().release(reserve_);
  open_ = reserve_ = nullptr;
}

void Producer::detach() {
  seal();
  tell_workers();
}

// ---- opening ----------------------------------------------------------------------------------

detail::Room Producer::make_room(std::size_t bytes, Level level) {
  if (core_.closed()) {
    core_.count_refused();
    return detail::Room::refused;
  }
  if (take_offer() && refused) seal();
  if (bytes > core_.max_event_bytes()) {
    if (bytes < hard_limit_bytes) return detail::Room::too_large;
    count_dropped(DropReason::too_large);
    return detail::Room::refused;
  }
  if (bytes <= capacity - (state & detail::committed_bytes_mask)) return detail::Room::ready;
  const bool urgent = level >= Level::warning;
  const std::uint32_t size = choose_size(bytes);
  seal();
  const Admission admission = admit(size, urgent);
  if (core_.closed()) {
    give_back(admission, size);
    core_.count_refused();
    return detail::Room::refused;
  }
  Block* block = new_block(size, admission.mask, false);
  if (block == nullptr) {
    give_back(admission, size);
    count_dropped(DropReason::no_memory);
    return detail::Room::refused;
  }
  open(block, admission);
  return detail::Room::ready;
}

// True when a worker has made room, or this thread writes its first event.
bool Producer::take_offer() noexcept {
  // [S16] relaxed: for this thread itself; a store without a look could undo a worker's.
  if (limit.load(std::memory_order_relaxed) != 0) return false;
  // [S16] seq_cst, for [S13]: the offer is taken before the look for room.
  limit.exchange(core_.max_event_bytes(), std::memory_order_seq_cst);
  return true;
}

void Producer::offer_room() noexcept {
  limit.store(0, std::memory_order_seq_cst);  // [S16] room was made, and this thread is told
}

// A power of two from 4 KiB, so that what is charged is what the pool gives.
std::uint32_t Producer::choose_size(std::size_t bytes) noexcept {
  if (open_ != nullptr) {
    const std::uint64_t age = detail::ticks() - open_->opened_ticks;
    if (age < quick_ticks) next_size_ = std::min(next_size_ * 2, core_.largest_block_bytes());
    if (age > slow_ticks) next_size_ = std::max(next_size_ / 2, smallest_block);
  }
  std::uint32_t size = next_size_;
  // Where room is short, a small block may still get in.
  for (const auto& channel : core_.channels()) {
    if (channel->options.when_full == WhenFull::drop_newest && !channel->gate.has_room(size) &&
        channel->gate.has_room(smallest_block)) {
      size = smallest_block;
    }
  }
  return bytes <= size ? size : block_size(static_cast<std::uint32_t>(bytes));
}

Producer::Admission Producer::admit(std::uint32_t bytes, bool urgent) {
  Admission admission;
  // Those who may make the thread wait come first: the others are then asked last thing before.
  for (const auto& channel : core_.channels()) {
    if (channel->options.when_full != WhenFull::block) continue;
    // While the sink stalls, urgent events go to the reserve one by one: see below.
    const bool ahead = urgent && !channel->gate.stalled();
    if (channel->gate.try_charge(bytes, ahead) || wait_for_room(*channel, bytes, ahead)) {
      admission.mask |= channel->bit;
    } else {
      admission.refused[static_cast<std::size_t>(DropReason::block_timeout)] |= channel->bit;
    }
  }
  for (const auto& channel : core_.channels()) {
    if (channel->options.when_full == WhenFull::block) continue;
    // Whatever the level: ordinary events will follow into this block, and the reserve is not for
    // them. use_reserve() is.
    bool admitted = channel->gate.try_charge(bytes, false);
    if (!admitted && channel->options.when_full == WhenFull::drop_oldest) {
      admitted = channel->drop_oldest(bytes, core_.pool());
      core_.supervisor().events_are_dropped();
    }
    if (admitted) {
      admission.mask |= channel->bit;
    } else {
      admission.refused[static_cast<std::size_t>(DropReason::queue_full)] |= channel->bit;
    }
  }
  return admission;
}

bool Producer::wait_for_room(Channel& channel, std::uint32_t bytes, bool urgent) {
  // A sink that logs while it writes would wait for itself.
  if (channel.gate.stalled() || this_thread_works_for(core_)) return false;
  const base::Deadline deadline = base::deadline_after(channel.options.block_timeout);
  while (!core_.closed()) {
    channel.wake();
    const auto now = std::chrono::steady_clock::now();
    if (now >= deadline) {
      channel.gate.set_stalled(true);
      // What was given back just before did not see the mark: look once more.
      const bool charged = channel.gate.try_charge(bytes, urgent);
      if (charged) channel.gate.set_stalled(false);
      return charged;
    }
    // A bounded sleep: whatever went wrong elsewhere, the producer looks again.
    channel.gate.wait_for_room(bytes, urgent,
                               std::min(deadline, now + std::chrono::milliseconds(10)));
    if (channel.gate.try_charge(bytes, urgent)) return true;
  }
  return false;
}

void Producer::give_back(const Admission& admission, std::uint32_t bytes) noexcept {
  for (const auto& channel : core_.channels()) {
    if (admission.mask & channel->bit) channel->gate.release(bytes);
  }
}

Block* Producer::new_block(std::uint32_t bytes, std::uint64_t mask, bool in_reserve) noexcept {
  Block* block = core_.pool().get(bytes);
  if (block == nullptr) return nullptr;
  block->reserve = in_reserve;
  block->saved = false;
  block->has_urgent = true;  // not known to have none
  block->sink_mask = mask;
  block->opened_ticks = detail::ticks();
  block->thread_id = thread_id_;
  block->producer = this;
  std::memcpy(block->thread_name, thread_name_, sizeof thread_name_);
  block->thread_name_size = static_cast<std::uint32_t>(strnlen(thread_name_, sizeof thread_name_));
  block->committed.store(0, std::memory_order_relaxed);  // [S3] relaxed: the queue publishes it
  // [S10] relaxed: as above.
  block->holders.store(1 + static_cast<std::uint32_t>(std::popcount(mask)),
                       std::memory_order_relaxed);
  return block;
}

void Producer::open(Block* block, const Admission& admission) {
  {
    std::lock_guard lock(mutex_);
    open_ = block;
    admission_ = admission;
    base = block->bytes();
    state = 0;
    capacity = block->capacity;
  }
  const std::uint64_t not_pushed = push(block);
  if (not_pushed != 0) {
    std::lock_guard lock(mutex_);
    admission_.mask &= ~not_pushed;
    admission_.refused[static_cast<std::size_t>(DropReason::no_memory)] |= not_pushed;
  }
  refused = admission_.refused_mask() != 0;
  // [S13] seq_cst: say it, then look for room; a worker makes room, then looks here.
  refused_.store(admission_.refused_mask(), std::memory_order_seq_cst);
  if (!refused) return;
  notice_room_of_refusing();
  core_.supervisor().events_are_dropped();
}

// Hands the block to its sinks. Returns those that there was no memory for.
std::uint64_t Producer::push(Block* block) {
  std::uint64_t not_pushed = 0;
  const std::uint64_t mask = block->sink_mask;
  for (const auto& channel : core_.channels()) {
    if ((mask & channel->bit) == 0) continue;
    if (channel->queue.push(*tokens_[channel->index], {block, nullptr})) {
      channel->wake_for_push();
    } else {
      not_pushed |= channel->bit;
      channel->gate.release(block->capacity);
      core_.pool().release(block);
    }
  }
  return not_pushed;
}

// If room was made just now, whoever made it may not have seen that this block went without.
void Producer::notice_room_of_refusing() noexcept {
  const std::uint64_t without = refused_.load(std::memory_order_relaxed);  // [S13] own value
  for (const auto& channel : core_.channels()) {
    if ((without & channel->bit) == 0) continue;
    channel->refusing.store(true, std::memory_order_seq_cst);  // [S13] before the look
    if (channel->gate.has_room(core_.largest_block_bytes())) offer_room();
  }
}

// ---- injecting --------------------------------------------------------------------------------

bool Producer::inject(const Injected& injected) {
  const auto bytes = static_cast<std::uint32_t>(injected.records.size());
  const std::uint32_t size = block_size(bytes);
  Admission admission;
  for (const auto& channel : core_.channels()) {
    if ((injected.mask & channel->bit) == 0) continue;
    if (!channel->gate.try_charge(size, injected.urgent)) {
      give_back(admission, size);
      return false;
    }
    admission.mask |= channel->bit;
  }
  Block* block = new_block(size, admission.mask, injected.keep);
  if (block == nullptr) {
    give_back(admission, size);
    return false;
  }
  if (injected.like != nullptr) {
    block->thread_id = injected.like->thread_id;
    std::copy(std::begin(injected.like->thread_name), std::end(injected.like->thread_name),
              block->thread_name);
    block->thread_name_size = injected.like->thread_name_size;
  }
  std::memcpy(block->bytes(), injected.records.data(), bytes);
  // [S3] release: as in seal().
  block->committed.store(
      injected.events * detail::committed_one_event + bytes + detail::committed_sealed,
      std::memory_order_release);
  {
    // Before the push: what a sink has done must have been accepted.
    std::lock_guard lock(mutex_);
    accepted_ += injected.events;
    for (const auto& channel : core_.channels()) {
      if ((admission.mask & channel->bit) == 0) excluded_[channel->index] += injected.events;
    }
  }
  const std::uint64_t not_pushed = push(block);
  if (not_pushed != 0) {
    std::lock_guard lock(mutex_);
    for (const auto& channel : core_.channels()) {
      if ((not_pushed & channel->bit) == 0) continue;
      dropped_[channel->index][static_cast<std::size_t>(DropReason::no_memory)] += injected.events;
    }
  }
  core_.pool().release(block);
  return true;
}

// ---- sealing ----------------------------------------------------------------------------------

void Producer::seal() {
  if (open_ == nullptr) return;
  Block* block = open_;
  {
    std::lock_guard lock(mutex_);
    const auto events = static_cast<std::int64_t>(count_of(state));
    count_refused(events);
    accepted_ += events;
    open_ = nullptr;
    block->has_urgent = std::exchange(has_urgent, false);
    // [S3] release: no more events will come; partner is committed_of().
    block->committed.store(state | detail::committed_sealed, std::memory_order_release);
    admission_ = {};
    in_reserve_ = 0;
    reserve_mask_ = 0;
  }
  base = nullptr;
  state = 0;
  capacity = 0;
  refused = false;
  refused_.store(0, std::memory_order_seq_cst);  // [S13]
  reserve_exhausted_ = false;
  seal_reserve();
  core_.pool().release(block);
}

// Books the events of the block that is being sealed at the sinks that did not get it.
void Producer::count_refused(std::int64_t events) {
  if (!refused || events == 0) return;
  for (std::size_t reason = 0; reason < drop_reason_count; ++reason) {
    for (const auto& channel : core_.channels()) {
      if ((admission_.refused[reason] & channel->bit) == 0) continue;
      const std::int64_t saved = (reserve_mask_ & channel->bit) != 0 ? in_reserve_ : 0;
      dropped_[channel->index][reason] += events - saved;
    }
  }
}

void Producer::count_dropped(DropReason reason) {
  std::lock_guard lock(mutex_);
  for (const auto& channel : core_.channels()) {
    dropped_[channel->index][static_cast<std::size_t>(reason)] += 1;
  }
  accepted_ += 1;
  core_.supervisor().events_are_dropped();
}

void Producer::add_to(Account& account) {
  std::lock_guard lock(mutex_);
  account.accepted += accepted_;
  for (std::size_t sink = 0; sink < excluded_.size(); ++sink) {
    account.excluded[sink] += excluded_[sink];
  }
  for (std::size_t sink = 0; sink < dropped_.size(); ++sink) {
    for (std::size_t reason = 0; reason < drop_reason_count; ++reason) {
      account.dropped[sink][reason] += dropped_[sink][reason];
    }
  }
  if (open_ == nullptr) return;
  const std::int64_t events = committed_of(*open_).events();
  account.accepted += events;
  for (std::size_t reason = 0; reason < drop_reason_count; ++reason) {
    for (const auto& channel : core_.channels()) {
      if ((admission_.refused[reason] & channel->bit) == 0) continue;
      const std::int64_t saved = (reserve_mask_ & channel->bit) != 0 ? in_reserve_ : 0;
      account.dropped[channel->index][reason] += events - saved;
    }
  }
}

bool Producer::refused_by(std::uint64_t mask) const noexcept {
  return (refused_.load(std::memory_order_seq_cst) & mask) != 0;  // [S13] partner: open()
}

// ---- telling ----------------------------------------------------------------------------------

void Producer::tell_workers() {
  // [S4] acq_rel: the bits are taken; what their setters did before is visible.
  const std::uint64_t bits = attention.exchange(0, std::memory_order_acq_rel);
  for (const auto& channel : core_.channels()) {
    if ((bits & channel->bit) == 0) continue;
    if (channel->queue.push(*tokens_[channel->index], {nullptr, this})) {
      channel->wake();
    } else {
      // [S4] relaxed: for this thread itself, at the next event.
      attention.fetch_or(channel->bit, std::memory_order_relaxed);
    }
  }
}

// ---- the reserve ------------------------------------------------------------------------------

void Producer::use_reserve(std::size_t bytes) {
  if (open_ == nullptr || reserve_exhausted_) return;  // sealed meanwhile: counted already
  const auto size = static_cast<std::uint32_t>(bytes);
  const std::uint64_t used = reserve_state_ & detail::committed_bytes_mask;
  if (reserve_ == nullptr || used + size > reserve_->capacity) {
    if (!open_reserve(size)) {
      reserve_exhausted_ = true;
      return;
    }
  }
  const std::size_t end = state & detail::committed_bytes_mask;
  std::memcpy(reserve_->bytes() + (reserve_state_ & detail::committed_bytes_mask),
              base + end - bytes, bytes);
  reserve_state_ += detail::committed_one_event + bytes;
  {
    std::lock_guard lock(mutex_);
    ++in_reserve_;
    reserve_->committed.store(reserve_state_, std::memory_order_release);  // [S3]
  }
}

// The first block decides which sinks take part until the open block is sealed.
bool Producer::open_reserve(std::uint32_t bytes) {
  const std::uint32_t size = block_size(bytes);
  const std::uint64_t wanted = reserve_ == nullptr ? admission_.refused_mask() : reserve_mask_;
  const bool first = reserve_ == nullptr;
  seal_reserve();
  Admission admission;
  for (const auto& channel : core_.channels()) {
    if ((wanted & channel->bit) == 0) continue;
    if (channel->gate.try_charge(size, true)) admission.mask |= channel->bit;
  }
  if (admission.mask == 0 || (!first && admission.mask != wanted)) {
    give_back(admission, size);
    return false;
  }
  Block* block = new_block(size, admission.mask, true);
  if (block == nullptr) {
    give_back(admission, size);
    return false;
  }
  {
    std::lock_guard lock(mutex_);
    reserve_mask_ = admission.mask;
  }
  reserve_ = block;
  reserve_state_ = 0;
  if (push(block) != 0) {
    // No memory even for the hand-off: these sinks see none of it, and none of it is booked.
    seal_reserve();
    return false;
  }
  return true;
}

void Producer::seal_reserve() {
  if (reserve_ == nullptr) return;
  // [S3] release: partner is committed_of().
  reserve_->committed.store(reserve_state_ | detail::committed_sealed, std::memory_order_release);
  core_.pool().release(reserve_);
  reserve_ = nullptr;
  reserve_state_ = 0;
}

}  // namespace penstock::pipeline
