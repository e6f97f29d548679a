// SPDX-License-Identifier: Apache-2.0
#include "pipeline/text_record.hpp"

#include "penstock/call_site.hpp"
#include "penstock/detail/record.hpp"

namespace penstock::pipeline {

const detail::CallSite& submitted_site() noexcept {
  static constinit detail::CallSite site{};
  static const bool registered = [] {
    detail::register_call_site(site, "{}", 2, {.file = "", .function = "", .line = 0},
                               {detail::ArgSpecs<std::string_view>::table, 1});
    return true;
  }();
  (void)registered;
  return site;
}

std::size_t record_bytes(const TextRecord& record) noexcept {
  const std::size_t context = record.context.empty() ? 0 : 4 + record.context.size();
  return (detail::record_header_bytes + context + 4 + record.message.size() + 7) & ~std::size_t{7};
}

void write_record(std::byte* to, const TextRecord& record) noexcept {
  std::uint64_t word = record.word | detail::flag_text_only |
                       static_cast<std::uint64_t>(record.level) << 32 | record_bytes(record);
  if (!record.context.empty()) word |= detail::flag_has_context;
  detail::store64(to, record.ticks);
  detail::store64(to + 8, reinterpret_cast<std::uintptr_t>(record.site));
  detail::store64(to + 16, word);
  to += detail::record_header_bytes;
  if (!record.context.empty()) to = detail::encode(to, record.context);
  detail::encode(to, record.message);
}

detail::Room publish(Producer& producer, const TextRecord& record) noexcept {
  const std::size_t bytes = record_bytes(record);
  // [S16] relaxed: as on the hot path
  if (bytes > producer.capacity - (producer.state & detail::committed_bytes_mask) ||
      bytes > producer.limit.load(std::memory_order_relaxed)) {
    const detail::Room room = detail::make_room(producer, bytes, record.level);
    if (room != detail::Room::ready) return room;
  }
  write_record(producer.base + (producer.state & detail::committed_bytes_mask), record);
  producer.state += detail::committed_one_event + bytes;
  // [S3] release: publishes the record.
  producer.open_block()->committed.store(producer.state, std::memory_order_release);
  if (record.level >= Level::warning) {
    producer.has_urgent = true;
    if (producer.refused) producer.use_reserve(bytes);
  }
  std::atomic_signal_fence(std::memory_order_seq_cst);  // [S4] as on the hot path
  // [S4] relaxed: see ProducerFront.
  if (producer.attention.load(std::memory_order_relaxed) != 0) producer.tell_workers();
  return detail::Room::ready;
}

}  // namespace penstock::pipeline
