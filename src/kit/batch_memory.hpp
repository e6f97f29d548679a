// SPDX-License-Identifier: Apache-2.0
// batch_memory.hpp: the events of one batch in memory that can be taken away, so that a plugin that
// looks at them too late is caught at it.
//
// Threads  filled by one; then constant
// Bound    texts_bytes_max; the memory is not there before it is written to
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "kit/placed.hpp"
#include "penstock/plugin/abi.h"

namespace penstock::kit {

class BatchMemory final {
 public:
  static constexpr std::size_t texts_bytes_max = 64 << 20;

  // Room for `events_max` events, each with `tail` bytes of poison behind it.
  explicit BatchMemory(std::size_t events_max, std::size_t tail = 0);
  ~BatchMemory();
  BatchMemory(const BatchMemory&) = delete;
  BatchMemory& operator=(const BatchMemory&) = delete;

  // One more event, at INFO, with this message and nothing else that it need not have.
  penstock_event& add(std::string_view message);
  // For what an event refers to.
  penstock_text text(std::string_view bytes);
  template <class T>
  std::span<T> items(std::size_t count) {
    return {static_cast<T*>(take(count * sizeof(T), alignof(T))), count};
  }

  // The batch, as a sink that needs this gets it; its id and token are the caller's to set.
  penstock_batch batch(std::uint32_t needs);
  std::uint64_t count() const noexcept { return count_; }
  const penstock_event& event(std::size_t index) const noexcept;

  // Whoever writes to it from now on is ended by SIGSEGV. What batch() computes has to be there.
  void make_read_only();
  // The same for whoever touches it.
  void forbid() noexcept;

 private:
  void* take(std::size_t bytes, std::size_t alignment);
  void encode();

  std::size_t stride_;
  std::size_t events_max_;
  std::size_t size_;
  std::byte* memory_;
  std::size_t used_;
  std::uint64_t count_ = 0;
  penstock_text encoded_{};
  const std::uint32_t* encoded_ends_ = nullptr;
};

}  // namespace penstock::kit
