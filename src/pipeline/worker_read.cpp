// SPDX-License-Identifier: Apache-2.0
// worker_read.cpp: from blocks to the batch: merging, routing, decoding.
#include <algorithm>

#include "event/plan.hpp"
#include "pipeline/core.hpp"
#include "pipeline/worker.hpp"

namespace penstock::pipeline {

// ---- streams ----------------------------------------------------------------------------------

void Worker::pull() {
  if (channel_.nothing_pushed()) return;
  channel_.pull(touched_);
  for (Producer* producer : touched_) heat(cursor_of(*producer));
  touched_.clear();
}

Worker::Cursor& Worker::cursor_of(Producer& producer) {
  while (cursors_.size() <= producer.index()) cursors_.emplace_back();
  Cursor& cursor = cursors_[producer.index()];
  cursor.producer = &producer;
  return cursor;
}

void Worker::heat(Cursor& cursor) {
  cursor.last_news = std::chrono::steady_clock::now();
  if (cursor.hot) return;
  cursor.hot = true;
  hot_.push_back(&cursor);
}

// Looks how far the producer has published. False when there is nothing to read.
bool Worker::refresh(Cursor& cursor) {
  for (;;) {
    if (cursor.block == nullptr) {
      cursor.block = channel_.next_block(cursor.producer->index());
      if (cursor.block == nullptr) return false;
      // Its thread will ask for the next one. Not while we are behind: what counts then is to read.
      if (!committed_of(*cursor.block).sealed()) core_.pool().stock(cursor.block->capacity);
      cursor.position = 0;
      cursor.events = 0;
      cursor.charged = true;
    }
    const Committed committed = committed_of(*cursor.block);
    cursor.end = committed.bytes();
    if (cursor.position < cursor.end) {
      if (!cursor.charged) channel_.gate.charge(cursor.block->capacity);
      cursor.charged = true;
      return true;
    }
    if (!committed.sealed()) return false;
    finish_block(cursor);
  }
}

void Worker::finish_block(Cursor& cursor) {
  // Booked block by block from what the producer says, and event by event in the outcomes: the
  // account compares the two.
  new_taken_ += committed_of(*cursor.block).events() - cursor.events;
  // Given back while its thread was silent; now it may be held for long, with what is in flight.
  if (!cursor.charged && !delivery_.idle()) {
    channel_.gate.charge(cursor.block->capacity);
    cursor.charged = true;
  }
  load_.blocks.push_back({cursor.block, cursor.charged});
  load_.block_bytes += cursor.block->capacity;
  cursor.block = nullptr;
  parts_source_ = nullptr;  // its place in memory may soon be that of another thread's
}

// ---- one event --------------------------------------------------------------------------------

inline std::string_view Worker::logger_name(std::uint32_t id) {
  if (id >= logger_names_.size()) [[unlikely]]
    learn_logger_names(id);
  return logger_names_[id];
}

[[gnu::always_inline]] inline void Worker::fill(const Block& block,
                                                const event::RecordView& record) {
  parts_.time_ns = clock_.to_ns(record.ticks);
  if (load_.batch->empty()) first_arrival_ns_ = parts_.time_ns;
  parts_.level = record.level;
  parts_.logger = logger_name(record.logger_id);
  parts_.logger_id = record.logger_id + 1;
  parts_.plan = &event::plan_of(*record.site);
  parts_.args = record.args;
  if (parts_source_ == &block) [[likely]]
    return;
  parts_.thread_id = block.thread_id;
  parts_.thread_name = {block.thread_name, block.thread_name_size};
  parts_.producer = block.producer->index();
  parts_source_ = &block;
}

inline void Worker::put() {
  if (processors_ != nullptr) [[unlikely]] {
    put_processed();
  } else {
    load_.batch->add(parts_);
  }
}

// The usual event: no context, no trigger. `parts_` has been cleared of what such events do not
// have; clearing it for each would cost more than the rest of this function.
[[gnu::always_inline]] inline void Worker::add_usual(const Block& block,
                                                     const event::RecordView& record) {
  fill(block, record);
  put();
}
void Worker::add(const Block& block, const event::RecordView& record) { add_usual(block, record); }

[[gnu::always_inline]] inline void Worker::take(Cursor& cursor) {
  const Block& block = *cursor.block;
  const std::uint32_t position = cursor.position;
  const event::RecordView record = event::read_record(block.bytes() + position);
  cursor.position += record.size;
  cursor.events += 1;
  new_taken_ += 1;
  try {
    if (wants_origins_) [[unlikely]]
      load_.origins.push_back({&block, position});
    bool taken = false;
    if (record.flags != 0) [[unlikely]] {
      taken = take_slowly(block, record);
    } else if (record.level >= level_) {
      taken = true;
      if (limits_ != nullptr) [[unlikely]] {
        limit(block, record, nullptr);
      } else {
        add_usual(block, record);
      }
    }
    if (!taken) ++new_filtered_;
  } catch (...) {
    clear_parts();
    ++new_lost_;
  }
  // One for each event of the batch.
  if (wants_origins_) [[unlikely]]
    load_.origins.resize(load_.batch->size());
}

// ---- merging ----------------------------------------------------------------------------------

// Before the look: what happened before an event that is as old as this is then in sight.
std::uint64_t Worker::horizon_now() noexcept {
  const std::uint64_t now = detail::ticks();
#if defined(__x86_64__)
  // The counter is read when the processor likes, which may be after the loads that follow.
  _mm_lfence();
#endif
  return now;
}

// Is there room for an event of that time, when what limits have kept until then is let out?
bool Worker::has_room_at(std::uint64_t ticks) {
  if (limits_ != nullptr || processors_ != nullptr) [[unlikely]]
    return has_room_slowly(ticks);
  return !batch_is_full();
}

bool Worker::has_room_slowly(std::uint64_t ticks) {
  if (limits_ != nullptr) release_kept(ticks);
  if (processors_ != nullptr && pass_is_over()) return false;
  return !batch_is_full();
}

// Takes what was published before `horizon`, oldest first, until the batch is full. Returns how
// many events it took. Later events wait for the next pass: an earlier one may still arrive.
std::uint64_t Worker::drain(std::uint64_t horizon) {
  heap_.clear();
  for (std::size_t i = 0; i < hot_.size();) {
    Cursor& cursor = *hot_[i];
    if (refresh(cursor)) {
      heap_.push_back({event::load64(cursor.block->bytes() + cursor.position), &cursor});
    } else if (cursor.block == nullptr) {
      cursor.hot = false;  // sealed and read, and no next one yet: it will come by the queue
      hot_[i] = hot_.back();
      hot_.pop_back();
      continue;
    }
    ++i;
  }
  if (heap_.empty()) return 0;
  std::make_heap(heap_.begin(), heap_.end());
  std::uint64_t taken = 0;
  const Time now = std::chrono::steady_clock::now();
  pass_end_ = now + longest_pass;
  while (!heap_.empty() && heap_.front().ticks <= horizon && has_room_at(heap_.front().ticks)) {
    std::pop_heap(heap_.begin(), heap_.end());
    Head head = heap_.back();
    heap_.pop_back();
    Cursor& cursor = *head.cursor;
    cursor.last_news = now;
    const std::uint64_t limit = heap_.empty() ? horizon : std::min(horizon, heap_.front().ticks);
    do {
      take(cursor);
      ++taken;
      if (cursor.position == cursor.end && !refresh(cursor)) break;
      head.ticks = event::load64(cursor.block->bytes() + cursor.position);
    } while (head.ticks <= limit && has_room_at(head.ticks));
    if (cursor.block != nullptr && cursor.position < cursor.end) {
      heap_.push_back(head);
      std::push_heap(heap_.begin(), heap_.end());
    }
  }
  return taken;
}

// At the end, when no more events come: everything, delivered.
void Worker::drain_all() {
  const std::uint64_t end = detail::ticks() + slack_ticks;  // a thread may be in a call still
  bool kept_is_due = false;
  while (!abandoned()) {
    delivery_.work();
    if (delivery_.full()) {
      await_delivery();
      continue;
    }
    const std::uint64_t horizon = horizon_now();
    const bool last = horizon >= end;
    pull();
    std::uint64_t news = drain(last ? ~std::uint64_t{0} : horizon);
    if (limits_ != nullptr && last && news == 0) news = release_all_kept(horizon, kept_is_due);
    publish_books();
    const bool full = batch_is_full();
    if (full || news == 0) deliver();
    if (load_.batch->empty()) delivery_.give_back(load_);
    if (last && news == 0 && !full) break;
  }
  while (!delivery_.idle() && !abandoned()) await_delivery();
}

// ---- the unusual event
// ---------------------------------------------------------------------------

// False when the sink does not take it.
bool Worker::take_slowly(const Block& block, const event::RecordView& record) {
  context_.clear();
  if (!record.context.empty()) event::parse_context(record.context, context_);
  const Router::Decision decision = router_.route(channel_.bit, level_, record.level, context_);
  if (!decision.take || record.has(detail::flag_suppressed)) return false;
  // What goes as it is has passed the limits of the sink that refused it.
  if (limits_ != nullptr && !context_.as_is) {
    limit(block, record, decision.replacement);
  } else {
    add_with(block, record, decision.replacement);
  }
  return true;
}

void Worker::add_with(const Block& block, const event::RecordView& record,
                      const Replacement* replacement) {
  parts_.formatted = record.has(detail::flag_formatted);
  parts_.event = context_.event;
  parts_.tags = context_.tags;
  parts_.context_fields = context_.fields;
  parts_.trace = context_.trace ? &*context_.trace : nullptr;
  parts_.truncated_bytes = context_.truncated_bytes;
  if (record.has(detail::flag_text_only)) {
    parts_.has_message = true;
    parts_.message = {reinterpret_cast<const char*>(record.args + 4), event::load32(record.args)};
  }
  fill(block, record);
  if (context_.time_ns) parts_.time_ns = *context_.time_ns;
  if (!context_.logger.empty()) {
    parts_.logger = context_.logger;
    parts_.logger_id = 0;
  }
  if (replacement != nullptr) {
    parts_.level = replacement->level;
    parts_.has_message = true;
    parts_.message = replacement->message;
    parts_.event = replacement->event;
    parts_.tags = replacement->tags;
    parts_.context_fields = replacement->fields;
    parts_.truncated_bytes = 0;
  }
  put();
  clear_parts();
}

void Worker::clear_parts() noexcept {
  parts_ = {};
  parts_source_ = nullptr;
}

void Worker::learn_logger_names(std::uint32_t id) {
  for (std::size_t next = logger_names_.size(); next <= id; ++next) {
    logger_names_.push_back(core_.logger_name(static_cast<std::uint32_t>(next)));
  }
}

}  // namespace penstock::pipeline
