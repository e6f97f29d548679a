// SPDX-License-Identifier: Apache-2.0
// record_copy.hpp: a record with another context, for one that is written a second time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#include "event/record.hpp"
#include "penstock/detail/record.hpp"

namespace penstock::pipeline {

// Makes `to` the record (`view` is what read_record() says of it) with these context items in place
// of its own; padded to a multiple of 8. Errors: std::bad_alloc. [any]
inline void copy_record(const std::byte* record, const event::RecordView& view,
                        std::string_view context, std::string& to) {
  const auto context_bytes = static_cast<std::uint32_t>(context.size());
  to.assign(reinterpret_cast<const char*>(record), detail::record_header_bytes);
  to.append(reinterpret_cast<const char*>(&context_bytes), sizeof context_bytes);
  to.append(context);
  to.append(reinterpret_cast<const char*>(view.args), view.args_bytes);
  to.resize((to.size() + 7) & ~std::size_t{7});
  std::uint64_t word = event::load64(record + 16);
  word = (word & ~std::uint64_t{0xFFFF'FFFF}) | detail::flag_has_context | to.size();
  std::memcpy(to.data() + 16, &word, sizeof word);
}

}  // namespace penstock::pipeline
