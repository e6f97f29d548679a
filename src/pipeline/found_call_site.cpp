// SPDX-License-Identifier: Apache-2.0
// found_call_site.cpp: the call sites of calls that have no object of their own.
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <new>

#include "penstock/call_site.hpp"

namespace penstock::detail {
namespace {

// Sites that were looked up; never freed, as events refer to them.
struct FoundSite {
  CallSite site{};
  const char* format;
  Place place;
  const ArgSpec* args;
  FoundSite* next = nullptr;  // written before the entry is published

  bool is(const char* other_format, Place other, const ArgSpec* other_args) const noexcept {
    return format == other_format && place.line == other.line && place.file == other.file &&
           place.function == other.function && args == other_args;
  }
};

constexpr std::size_t bucket_count = 1024;
// [S17] Lists that only grow, at the front: written by threads that log, by compare-and-swap; read
//       by the same. release and acquire: an entry is whole when it is seen.
constinit std::atomic<FoundSite*> buckets[bucket_count]{};

std::atomic<FoundSite*>& bucket_of(const char* format, Place place) noexcept {
  const std::size_t hash = (reinterpret_cast<std::uintptr_t>(format) ^ place.line * 0x9E3779B9u) *
                           std::size_t{0x9E3779B97F4A7C15};
  return buckets[hash >> 54];
}

}  // namespace

CallSite* find_call_site(const char* format, std::uint32_t format_size, Place place,
                         ArgList args) noexcept {
  std::atomic<FoundSite*>& bucket = bucket_of(format, place);
  FoundSite* first = bucket.load(std::memory_order_acquire);  // [S17] partner: the exchange below
  for (FoundSite* found = first; found != nullptr; found = found->next) {
    if (found->is(format, place, args.table)) return &found->site;
  }
  auto* made = new (std::nothrow) FoundSite{.format = format, .place = place, .args = args.table};
  if (made == nullptr) return nullptr;
  register_call_site(made->site, format, format_size, place, args);
  // Two threads may both enter a new one; that is as good.
  do {
    made->next = first;
    // [S17] release: publishes the entry. acquire: as above.
  } while (!bucket.compare_exchange_weak(first, made, std::memory_order_acq_rel));
  return &made->site;
}

}  // namespace penstock::detail
