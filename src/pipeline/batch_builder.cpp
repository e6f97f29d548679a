// SPDX-License-Identifier: Apache-2.0
#include "pipeline/batch_builder.hpp"

namespace penstock::pipeline {

BatchBuilder::BatchBuilder(const BatchOptions& options, const FormatOptions& format,
                           Sink::Needs needs)
    : options_(options), needs_(needs) {
  if (needs_.encoded) encoder_ = event::make_encoder(format);
}

void BatchBuilder::add_view(const event::EventParts& parts) {
  try {
    arena_.add(parts);
  } catch (...) {
    ends_.resize(needs_.encoded ? count_ : 0);
    text_.resize_uninitialized(ends_.empty() ? 0 : ends_.back());
    throw;
  }
}

Batch BatchBuilder::batch(const Offer& offer) {
  const auto [id, token, begin, end, offset, attempt] = offer;
  Batch::Parts parts{.id = id,
                     .token = token,
                     .count = end - begin,
                     .offset = offset,
                     .attempt = attempt,
                     .first_time_ns = first_time_ns_};
  if (needs_.events) parts.events = arena_.events().data() + begin;
  if (needs_.encoded) {
    const std::uint32_t first = begin == 0 ? 0 : ends_[begin - 1];
    parts.encoded = text_.view().substr(first, ends_[end - 1] - first);
    parts.ends = std::span(ends_).subspan(begin, end - begin);
    if (first != 0) {
      part_ends_.assign(parts.ends.begin(), parts.ends.end());
      for (std::uint32_t& part_end : part_ends_) part_end -= first;
      parts.ends = part_ends_;
    }
  }
  return Batch(parts);
}

std::size_t BatchBuilder::capacity() const noexcept {
  constexpr std::size_t for_encoder = 16 * 1024;  // about
  return text_.capacity() + (ends_.capacity() + part_ends_.capacity()) * sizeof ends_[0] +
         arena_.capacity() + (encoder_ == nullptr ? 0 : for_encoder);
}

void BatchBuilder::clear() noexcept {
  count_ = 0;
  text_.clear();
  text_.trim(4 * options_.max_bytes + 64 * 1024);
  ends_.clear();
  arena_.clear();
}

}  // namespace penstock::pipeline
