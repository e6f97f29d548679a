// SPDX-License-Identifier: Apache-2.0
#include "penstock/call_site.hpp"

namespace penstock::detail {

void register_call_site(CallSite& site, const char* format, std::uint32_t format_size, Place place,
                        ArgList args) noexcept {
  // [S1] relaxed: published by the store of `format` below. Threads that are here at once write the
  // same values, so it does not matter whose a reader sees.
  site.format_size.store(format_size, std::memory_order_relaxed);
  site.line.store(place.line, std::memory_order_relaxed);
  site.file.store(place.file, std::memory_order_relaxed);
  site.function.store(place.function, std::memory_order_relaxed);
  site.args.store(args.table, std::memory_order_relaxed);
  site.arg_count.store(args.count, std::memory_order_relaxed);
  // [S1] release: partner is the acquire load of `format` in Logger::emit, and in make_plan_of().
  site.format.store(format, std::memory_order_release);
}

}  // namespace penstock::detail
