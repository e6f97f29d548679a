// SPDX-License-Identifier: Apache-2.0
// segment.hpp: memory in which a batch goes to a child, and how the batch is laid into it.
//
// The batch stands there as the C structs of plugin/abi.h, with the addresses that it has in the
// child: the child passes it on without reading it. This side only writes into it, and never reads
// what it has written; the child's mapping is read-only where the kernel can see to that.
//
// Threads  [worker]; the copying is pure
// Bound    segment_bytes_max, asked for before a page is taken; one fits the batch it was made for,
//          and a quarter more
// Errors   Result: no memory, or too much of it
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "penstock/plugin/abi.h"
#include "penstock/result.hpp"
#include "penstock/sink.hpp"
#include "plugin/plugin_file.hpp"

namespace penstock::isolation {

// Several times what the largest batch takes that can be configured. Pages of a segment are
// nobody's in particular: a machine without memory would end anybody.
inline constexpr std::size_t segment_bytes_max = std::size_t{2} << 30;

// Bytes that the batch takes at most.
std::size_t bytes_needed(const Batch::Parts& batch) noexcept;

// Lays the batch into `to`, which has bytes_needed(), for a reader who has that at `address`. The
// penstock_batch comes first.
void lay_out(const Batch::Parts& batch, std::byte* to, std::uint64_t address) noexcept;

// One piece of memory, mapped here for writing.
class Segment final {
 public:
  static Result<std::unique_ptr<Segment>> make(std::uint32_t number, std::size_t bytes);
  ~Segment();
  Segment(const Segment&) = delete;
  Segment& operator=(const Segment&) = delete;

  std::uint32_t number() const noexcept { return number_; }
  std::size_t size() const noexcept { return size_; }
  int fd() const noexcept { return fd_.get(); }
  std::byte* begin() const noexcept { return begin_; }

  std::uint64_t address = 0;  // in the child, as it says: this side never follows it
  bool in_use = false;
  unsigned idle_writes = 0;  // that have passed it over

 private:
  Segment(std::uint32_t number, plugin::Descriptor fd, std::byte* begin, std::size_t size) noexcept
      : number_(number), fd_(std::move(fd)), begin_(begin), size_(size) {}

  std::uint32_t number_;
  plugin::Descriptor fd_;
  std::byte* begin_;
  std::size_t size_;
};

}  // namespace penstock::isolation
