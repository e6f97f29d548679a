// SPDX-License-Identifier: Apache-2.0
// batch_builder.hpp: the batch that a worker fills: the events in the form that the sink asked for.
//
// Threads  [worker]
// Bound    closes at max_events, or with the event that reaches max_bytes
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "base/buffer.hpp"
#include "event/encoder.hpp"
#include "event/view.hpp"
#include "penstock/options.hpp"
#include "penstock/sink.hpp"

namespace penstock::pipeline {

class BatchBuilder {
 public:
  BatchBuilder(const BatchOptions& options, const FormatOptions& format, Sink::Needs needs);

  // May throw std::bad_alloc; the batch is then as it was.
  void add(const event::EventParts& parts) {
    if (needs_.encoded) add_line(parts);
    if (needs_.events) add_view(parts);
    if (count_ == 0) first_time_ns_ = parts.time_ns;
    ++count_;
  }

  std::size_t size() const noexcept { return count_; }
  bool empty() const noexcept { return count_ == 0; }
  bool full() const noexcept {
    return count_ >= options_.max_events || bytes() >= options_.max_bytes;
  }
  std::size_t bytes() const noexcept { return text_.size() + arena_.bytes(); }
  // Wall-clock time of the first event.
  std::int64_t first_time_ns() const noexcept { return first_time_ns_; }

  // The events from `begin` to before `end`, as the sink will see them. Valid until the next call
  // of batch(), or one that changes the builder.
  struct Offer {
    std::uint64_t id;
    std::uint64_t token;
    std::size_t begin;
    std::size_t end;
    std::size_t offset;
    std::uint32_t attempt;
  };
  Batch batch(const Offer& offer);

  // Bytes of memory that it keeps, for events or from those before.
  std::size_t capacity() const noexcept;
  // Keeps the memory for a batch like this one.
  void clear() noexcept;
  // Gives back what event views took, but for some. Only when it is empty.
  void shrink() noexcept { arena_.shrink(); }
  bool can_shrink() const noexcept { return arena_.can_shrink(); }

 private:
  void add_line(const event::EventParts& parts) {
    const std::size_t before = text_.size();
    encoder_->encode(parts, text_);
    try {
      ends_.push_back(static_cast<std::uint32_t>(text_.size()));
    } catch (...) {
      text_.resize_uninitialized(before);
      throw;
    }
  }
  void add_view(const event::EventParts& parts);

  const BatchOptions options_;
  const Sink::Needs needs_;
  std::unique_ptr<event::Encoder> encoder_;
  std::size_t count_ = 0;
  std::int64_t first_time_ns_ = 0;
  base::Buffer text_{};
  std::vector<std::uint32_t> ends_{};
  std::vector<std::uint32_t> part_ends_{};  // ends_ of a part, counted from its begin
  event::ViewArena arena_{};
};

}  // namespace penstock::pipeline
