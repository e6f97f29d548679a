// SPDX-License-Identifier: Apache-2.0
// byte_source.hpp: the bytes of a file, wherever they are. Files are read, not mapped: a mapping of
// a file that somebody cuts short ends the process with SIGBUS.
//
// Threads  [any]
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace penstock::plugin {

class ByteSource {
 public:
  virtual ~ByteSource() = default;

  virtual std::uint64_t size() const noexcept = 0;
  // Fills `into` with what begins at `offset`. False when not all of that is there to read.
  virtual bool read(std::uint64_t offset, std::span<std::byte> into) const noexcept = 0;
};

// Bytes in memory, which stay where they are.
class MemorySource final : public ByteSource {
 public:
  explicit MemorySource(std::span<const std::byte> bytes) noexcept : bytes_(bytes) {}

  std::uint64_t size() const noexcept override { return bytes_.size(); }
  bool read(std::uint64_t offset, std::span<std::byte> into) const noexcept override;

 private:
  std::span<const std::byte> bytes_;
};

// An open file, of which the first `size` bytes count. It does not close the descriptor.
class FileSource final : public ByteSource {
 public:
  FileSource(int fd, std::uint64_t size) noexcept : fd_(fd), size_(size) {}

  std::uint64_t size() const noexcept override { return size_; }
  bool read(std::uint64_t offset, std::span<std::byte> into) const noexcept override;

 private:
  int fd_;
  std::uint64_t size_;
};

}  // namespace penstock::plugin
