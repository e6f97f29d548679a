// SPDX-License-Identifier: Apache-2.0
#include "pipeline/batch_builder.hpp"

namespace penstock::pipeline {

BatchBuilder::BatchBuilder(const BatchOptions& options, const FormatOptions& format,
                           Sink::Needs needs)
    : options_(options), needs_(needs) {
  if (needs_.encoded) encoder_ = event::make_encoder(format);
}

void BatchBuilder::add(const event::EventParts& parts) {
  if (needs_.encoded) {
    const std::size_t before = text_.size();
    try {
      encoder_->encode(parts, text_);
      ends_.push_back(static_cast<std::uint32_t>(text_.size()));
      if (needs_.events) arena_.add(parts);
    } catch (...) {
      text_.resize_uninitialized(before);
      ends_.resize(count_);
      throw;
    }
  } else if (needs_.events) {
    arena_.add(parts);
  }
  if (count_ == 0) first_time_ns_ = parts.time_ns;
  ++count_;
}

Batch BatchBuilder::batch(std::uint64_t id, std::uint32_t attempt, std::size_t skip) {
  Batch::Parts parts{
      .id = id, .count = count_ - skip, .attempt = attempt, .first_time_ns = first_time_ns_};
  if (needs_.events) parts.events = arena_.views().subspan(skip);
  if (needs_.encoded) {
    parts.encoded = text_.view();
    parts.ends = ends_;
    if (skip != 0) {
      const std::uint32_t begin = ends_[skip - 1];
      parts.encoded.remove_prefix(begin);
      later_ends_.assign(ends_.begin() + static_cast<std::ptrdiff_t>(skip), ends_.end());
      for (std::uint32_t& end : later_ends_) end -= begin;
      parts.ends = later_ends_;
    }
  }
  return Batch(parts);
}

void BatchBuilder::clear() noexcept {
  count_ = 0;
  text_.clear();
  text_.trim(4 * options_.max_bytes + 64 * 1024);
  ends_.clear();
  arena_.clear();
}

}  // namespace penstock::pipeline
