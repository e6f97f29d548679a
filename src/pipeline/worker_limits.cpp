// SPDX-License-Identifier: Apache-2.0
// worker_limits.cpp: what the worker of a sink with `limits` does besides. The time is that of the
// events, by the clock that nobody sets: between the events of a pass windows end where they would
// have ended had each event been read at once.
#include <algorithm>
#include <cstring>
#include <new>
#include <string>

#include "pipeline/core.hpp"
#include "pipeline/limits.hpp"
#include "pipeline/record_copy.hpp"
#include "pipeline/worker.hpp"

namespace penstock::pipeline {

// An eighth of what may wait may be kept as well.
std::unique_ptr<Limits> Worker::make_limits(const SinkOptions& options) {
  return Limits::make(options.limits, std::hash<std::string>{}(options.name),
                      options.queue.max_bytes / 8);
}

// Lets out what is kept up to `ticks`, until the batch is full. Returns how many events that were.
std::uint64_t Worker::release_kept(std::uint64_t ticks) {
  limits_->advance(Time(std::chrono::nanoseconds(clock_.to_monotonic_ns(ticks))));
  std::uint64_t released = 0;
  const auto emit = [&](const KeptEvent& kept, std::uint64_t repeated) {
    try {
      add_kept(kept, repeated);
    } catch (...) {
      clear_parts();
      ++new_lost_;
    }
    if (wants_origins_) load_.origins.resize(load_.batch->size());
    ++released;
  };
  while (!batch_is_full() && limits_->release(emit)) {
  }
  return released;
}

// All events before a flush have been read: lets out what is kept. What is kept after the flush has
// come here for the first time (`is_due` is then set) is not its business; at the end all is.
std::uint64_t Worker::release_all_kept(std::uint64_t ticks, bool& is_due) {
  if (!is_due || closing()) limits_->end_all();
  is_due = true;
  return release_kept(ticks);
}

// An event that the sink wants.
void Worker::limit(const Block& block, const event::RecordView& record,
                   const Replacement* replacement) {
  const bool is_usual = record.flags == 0;
  const Limits::Verdict verdict =
      limits_->admit({block, record, replacement, is_usual ? nullptr : &context_});
  if (verdict == Limits::Verdict::hold) return;
  const std::size_t before = load_.batch->bytes();
  if (is_usual) {
    add(block, record);
  } else {
    add_with(block, record, replacement);
  }
  if (verdict == Limits::Verdict::pass) limits_->charge(load_.batch->bytes() - before);
}

void Worker::add_kept(const KeptEvent& kept, std::uint64_t repeated) {
  Block of_thread;  // of what fill() reads of one
  const FieldView count{"repeated", Value(repeated)};
  Block* const own = wants_origins_ ? keep_block(kept, count) : nullptr;
  Block& block = own != nullptr ? *own : of_thread;
  block.thread_id = kept.thread_id;
  block.producer = kept.producer;
  std::copy(kept.thread_name.begin(), kept.thread_name.end(), block.thread_name);
  block.thread_name_size = kept.thread_name_size;
  const event::RecordView record = event::read_record(kept.record.data());
  const std::size_t before = load_.batch->bytes();
  context_.clear();
  if (!record.context.empty()) event::parse_context(record.context, context_);
  if (kept.replacement != nullptr) {
    Replacement counted = *kept.replacement;
    counted.fields.push_back(count);
    add_with(block, record, &counted);
  } else {
    context_.fields.push_back(count);
    add_with(block, record, nullptr);
  }
  limits_->charge(load_.batch->bytes() - before);
}

// A refused event goes on as it was written, with the count: a block for it alone, until its batch
// is settled.
Block* Worker::keep_block(const KeptEvent& kept, const FieldView& count) {
  const event::RecordView view = event::read_record(kept.record.data());
  std::string context(reinterpret_cast<const char*>(view.context.data()), view.context.size());
  event::ContextWriter(context).add_field(count);
  std::string record;
  copy_record(kept.record.data(), view, context, record);
  Block* const block = core_.pool().get(static_cast<std::uint32_t>(record.size()));
  if (block == nullptr) throw std::bad_alloc();
  std::memcpy(block->bytes(), record.data(), record.size());
  block->holders.store(1, std::memory_order_relaxed);  // [S10] relaxed: only this thread has it
  load_.blocks.push_back({block, false});
  load_.origins.push_back({block, 0});
  return block;
}

// When a worker that goes to sleep has to get up for what is kept. Not at once: the counter, by
// which it then looks, may be a little behind the clock.
Worker::Time Worker::kept_deadline(Time now) const {
  if (limits_ == nullptr) return base::no_deadline;
  const Time due = limits_->next_release().value_or(base::no_deadline);
  return std::max(due, now + std::chrono::milliseconds(1));
}

}  // namespace penstock::pipeline
