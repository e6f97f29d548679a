// SPDX-License-Identifier: Apache-2.0
#include "pipeline/channel.hpp"

#include <algorithm>

#include "event/record.hpp"
#include "pipeline/producer.hpp"

namespace penstock::pipeline {

// ---- sleep ------------------------------------------------------------------------------------

void Channel::wake() noexcept {
  // [S7] seq_cst: after the push (or request), look whether the worker sleeps. Partner: announce(),
  //      which is followed by a look at what was pushed.
  if (sleep_.load(std::memory_order_seq_cst) == awake) return;
  // [S7] seq_cst, as above: only one of those who wake makes the system call.
  if (sleep_.exchange(awake, std::memory_order_seq_cst) != awake) base::futex_wake_all(sleep_);
}

void Channel::wake_for_push() noexcept {
  const std::uint32_t how = sleep_.load(std::memory_order_seq_cst);  // [S7] partner: announce()
  if (how == parked || (how == napping && gate.used() > gate.limit() / 2)) wake();
}

void Channel::announce(Sleep how) noexcept {
  sleep_.store(how, std::memory_order_seq_cst);  // [S7] partner: wake()
}

void Channel::sleep(Sleep how, base::Deadline deadline) noexcept {
  base::futex_wait(sleep_, how, deadline);
  get_up();
}

void Channel::get_up() noexcept {
  sleep_.store(awake, std::memory_order_relaxed);  // [S7] relaxed: saves others a system call
}

// ---- requests ---------------------------------------------------------------------------------

void Channel::request(std::uint32_t bits) noexcept {
  requests_.fetch_or(bits,
                     std::memory_order_seq_cst);  // [S12] also [S7]: before the look in wake()
  wake();
}

std::uint32_t Channel::requests() const noexcept {
  return requests_.load(std::memory_order_seq_cst);  // [S12] also [S7]: after announce()
}

std::uint32_t Channel::take_requests() noexcept {
  // [S12] acq_rel: partner is request(). `close` and `abandon` stay set.
  return requests_.fetch_and(close | abandon, std::memory_order_acq_rel);
}

std::uint64_t Channel::request_flush() noexcept {
  // [S12] seq_cst: what the caller's thread has seen published is published for the worker too.
  const std::uint64_t ticket = flush_requested_.fetch_add(1, std::memory_order_seq_cst) + 1;
  wake();
  return ticket;
}

std::uint64_t Channel::flush_requested() const noexcept {
  return flush_requested_.load(std::memory_order_seq_cst);  // [S12] partner: request_flush()
}

// ---- inbox ------------------------------------------------------------------------------------

Channel::Stream& Channel::stream_of(const Producer& producer) {
  while (streams_.size() <= producer.index()) streams_.emplace_back();
  return streams_[producer.index()];
}

void Channel::drain_queue() {
  Handoff handoffs[64];
  for (;;) {
    const std::size_t count = queue.pop(handoffs, 64);
    if (count == 0) return;
    popped_ += count;
    for (std::size_t i = 0; i < count; ++i) {
      Producer* producer = handoffs[i].woken;
      if (Block* block = handoffs[i].block) {
        producer = block->producer;
        stream_of(*producer).waiting.push_back(block);
      }
      Stream& stream = stream_of(*producer);
      if (!stream.touched) touched_.push_back(producer);
      stream.touched = true;
    }
  }
}

void Channel::pull(std::vector<Producer*>& touched) {
  const std::uint64_t pushed = queue.pushed();
  std::lock_guard lock(mutex);
  drain_queue();
  // An element may be counted as pushed and not yet be found: then look again.
  seen_pushed_ = popped_ >= pushed ? pushed : pushed - 1;
  for (Producer* producer : touched_) stream_of(*producer).touched = false;
  touched.insert(touched.end(), touched_.begin(), touched_.end());
  touched_.clear();
}

Block* Channel::next_block(std::uint32_t producer_index) {
  std::lock_guard lock(mutex);
  if (producer_index >= streams_.size()) return nullptr;
  auto& waiting = streams_[producer_index].waiting;
  if (waiting.empty()) return nullptr;
  Block* block = waiting.front();
  waiting.pop_front();
  if (block->saved) saved_bytes_ -= block->capacity;
  return block;
}

void Channel::give_up_blocks(BlockPool& pool) noexcept {
  drain_queue();
  for (Stream& stream : streams_) {
    for (Block* block : stream.waiting) pool.release(block);
    stream.waiting.clear();
  }
}

std::int64_t Channel::events_waiting() {
  drain_queue();
  std::int64_t events = 0;
  for (const Stream& stream : streams_) {
    for (const Block* block : stream.waiting) events += committed_of(*block).events();
  }
  return events;
}

// ---- drop_oldest ------------------------------------------------------------------------------

// The oldest complete block of its kind. Behind blocks in the reserve there may be ordinary ones.
Channel::Droppable Channel::oldest_droppable(Kind kind) {
  Droppable oldest;
  std::uint64_t oldest_ticks = ~std::uint64_t{0};
  for (Stream& stream : streams_) {
    const auto found = std::find_if(
        stream.waiting.begin(), stream.waiting.end(),
        [&](const Block* block) { return kind == Kind::saved ? block->saved : !block->reserve; });
    if (found == stream.waiting.end() || !committed_of(**found).sealed()) continue;
    if ((*found)->opened_ticks < oldest_ticks) {
      oldest_ticks = (*found)->opened_ticks;
      oldest = {&stream, static_cast<std::size_t>(found - stream.waiting.begin())};
    }
  }
  return oldest;
}

bool Channel::drop_oldest(std::int64_t bytes, BlockPool& pool) {
  std::lock_guard lock(mutex);
  drain_queue();
  while (!gate.try_charge(bytes, false)) {
    const Droppable oldest = oldest_droppable(Kind::ordinary);
    if (oldest.stream == nullptr) return false;
    auto& waiting = oldest.stream->waiting;
    Block* block = waiting[oldest.position];
    gate.release(block->capacity);
    Block* urgent_events = save_urgent(*block, pool);
    // Making room for it may have taken blocks out of this stream.
    const auto place = std::find(waiting.begin(), waiting.end(), block);
    std::int64_t dropped = committed_of(*block).events();
    if (urgent_events != nullptr) {
      dropped -= committed_of(*urgent_events).events();
      *place = urgent_events;
    } else {
      waiting.erase(place);
    }
    ledger.drops(DropReason::queue_oldest) += dropped;
    pool.release(block);
  }
  return true;
}

// Saved blocks never take more than the reserve, or ordinary events would have no room any more.
bool Channel::make_room_in_reserve(std::int64_t bytes, BlockPool& pool) {
  if (bytes > gate.reserve()) return false;
  while (saved_bytes_ + bytes > gate.reserve() || !gate.try_charge(bytes, true)) {
    const Droppable oldest = oldest_droppable(Kind::saved);
    if (oldest.stream == nullptr) return false;
    auto& waiting = oldest.stream->waiting;
    Block* block = waiting[oldest.position];
    waiting.erase(waiting.begin() + static_cast<std::ptrdiff_t>(oldest.position));
    gate.release(block->capacity);
    if (block->saved) saved_bytes_ -= block->capacity;
    ledger.drops(DropReason::queue_oldest) += committed_of(*block).events();
    pool.release(block);
  }
  saved_bytes_ += bytes;
  return true;
}

// A block with the events of level WARNING and above; null when there are none, or no room.
Block* Channel::save_urgent(const Block& block, BlockPool& pool) {
  if (!block.has_urgent) return nullptr;
  const std::uint32_t end = committed_of(block).bytes();
  std::uint32_t bytes = 0;
  for (std::uint32_t at = 0; at < end;) {
    const auto record = event::read_record(block.bytes() + at);
    if (record.level >= Level::warning) bytes += record.size;
    at += record.size;
  }
  if (bytes == 0) return nullptr;
  Block* copy = pool.get(bytes);
  if (copy == nullptr) return nullptr;
  if (!make_room_in_reserve(copy->capacity, pool)) {
    pool.put(copy);
    return nullptr;
  }
  copy->saved = true;
  copy->reserve = true;
  copy->sink_mask = bit;
  copy->opened_ticks = block.opened_ticks;
  copy->thread_id = block.thread_id;
  copy->producer = block.producer;
  std::copy(std::begin(block.thread_name), std::end(block.thread_name), copy->thread_name);
  copy->thread_name_size = block.thread_name_size;
  std::uint64_t state = 0;
  for (std::uint32_t at = 0; at < end;) {
    const auto record = event::read_record(block.bytes() + at);
    if (record.level >= Level::warning) {
      std::copy_n(block.bytes() + at, record.size,
                  copy->bytes() + (state & detail::committed_bytes_mask));
      state += detail::committed_one_event + record.size;
    }
    at += record.size;
  }
  copy->holders.store(1, std::memory_order_relaxed);  // [S10] relaxed: handed over under the mutex
  copy->committed.store(state | detail::committed_sealed, std::memory_order_release);  // [S3]
  return copy;
}

}  // namespace penstock::pipeline
