// SPDX-License-Identifier: Apache-2.0
#include "plugin/byte_source.hpp"

#include <cerrno>
#include <cstring>
#include <unistd.h>

namespace penstock::plugin {
namespace {

// offset + count <= size, without the sum, which may overflow.
bool is_inside(std::uint64_t offset, std::uint64_t count, std::uint64_t size) noexcept {
  return offset <= size && count <= size - offset;
}

}  // namespace

bool MemorySource::read(std::uint64_t offset, std::span<std::byte> into) const noexcept {
  if (!is_inside(offset, into.size(), bytes_.size())) return false;
  if (!into.empty()) std::memcpy(into.data(), bytes_.data() + offset, into.size());
  return true;
}

bool FileSource::read(std::uint64_t offset, std::span<std::byte> into) const noexcept {
  if (!is_inside(offset, into.size(), size_)) return false;
  while (!into.empty()) {
    const ssize_t count = ::pread(fd_, into.data(), into.size(), static_cast<off_t>(offset));
    if (count == -1 && errno == EINTR) continue;
    if (count <= 0) return false;  // it was cut short meanwhile
    into = into.subspan(static_cast<std::size_t>(count));
    offset += static_cast<std::uint64_t>(count);
  }
  return true;
}

}  // namespace penstock::plugin
