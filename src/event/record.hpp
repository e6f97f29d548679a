// SPDX-License-Identifier: Apache-2.0
// record.hpp: a record of a block, read. The layout is in penstock/detail/record.hpp.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

#include "penstock/detail/record.hpp"

namespace penstock::event {

struct RecordView {
  std::uint64_t ticks;
  const detail::CallSite* site;
  std::uint32_t size;  // in bytes; the next record begins there
  std::uint32_t logger_id;
  std::uint64_t flags;  // detail::flag_..., in place
  Level level;
  std::span<const std::byte> context;  // context items; empty when there are none
  const std::byte* args;
  std::uint32_t args_bytes;  // with up to 7 bytes of padding

  bool has(std::uint64_t flag) const noexcept { return (flags & flag) != 0; }
};

inline std::uint64_t load64(const std::byte* from) noexcept {
  std::uint64_t value;
  std::memcpy(&value, from, 8);
  return value;
}

inline std::uint32_t load32(const std::byte* from) noexcept {
  std::uint32_t value;
  std::memcpy(&value, from, 4);
  return value;
}

// `record` is one that the hot path wrote, complete. [any]
inline RecordView read_record(const std::byte* record) noexcept {
  constexpr std::uint64_t flag_bits = 31ull << 35;
  const std::uint64_t word = load64(record + 16);
  RecordView view;
  view.ticks = load64(record);
  view.site = reinterpret_cast<const detail::CallSite*>(load64(record + 8));
  view.size = static_cast<std::uint32_t>(word);
  view.logger_id = static_cast<std::uint32_t>(word >> 40);
  view.flags = word & flag_bits;
  view.level = static_cast<Level>(std::min<std::uint64_t>((word >> 32) & 7, level_count - 1));
  view.args = record + detail::record_header_bytes;
  view.context = {};
  if (view.has(detail::flag_has_context)) {
    const std::uint32_t bytes = load32(view.args);
    view.context = {view.args + 4, bytes};
    view.args += 4 + bytes;
  }
  view.args_bytes = static_cast<std::uint32_t>(record + view.size - view.args);
  return view;
}

}  // namespace penstock::event
