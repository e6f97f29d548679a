// SPDX-License-Identifier: Apache-2.0
#include "cli/line_splitter.hpp"

#include <algorithm>
#include <bit>
#include <cstring>
#include <utility>

namespace penstock::cli {

LineSplitter::LineSplitter(std::size_t line_bytes_max) : line_bytes_max_(line_bytes_max) {
  grow(2 * read_bytes);
}

std::span<char> LineSplitter::room() {
  if (begin_ != 0) {
    std::memmove(bytes_.get(), bytes_.get() + begin_, end_ - begin_);
    scanned_ -= begin_;
    end_ -= begin_;
    begin_ = 0;
  }
  if (capacity_ - end_ < read_bytes) grow(std::bit_ceil(end_ + read_bytes));
  return {bytes_.get() + end_, capacity_ - end_};
}

void LineSplitter::grow(std::size_t capacity) {
  std::unique_ptr<char[]> bytes(new char[capacity + padding_bytes]);
  if (end_ != 0) std::memcpy(bytes.get(), bytes_.get(), end_);
  std::memset(bytes.get() + capacity, 0, padding_bytes);
  bytes_ = std::move(bytes);
  capacity_ = capacity;
}

// Takes the byte order mark away. False while it has come in part only.
bool LineSplitter::is_past_mark() noexcept {
  constexpr std::string_view mark = "\xEF\xBB\xBF";
  const std::string_view text(bytes_.get() + begin_, std::min(end_ - begin_, mark.size()));
  if (text.size() < mark.size() && mark.starts_with(text)) return false;
  at_start_ = false;
  if (text == mark) begin_ = scanned_ = begin_ + mark.size();
  return true;
}

bool LineSplitter::next(Line& line) noexcept {
  if (at_start_ && !is_past_mark()) return false;
  const char* const from = bytes_.get() + scanned_;
  const void* const found = scanned_ == end_ ? nullptr : std::memchr(from, '\n', end_ - scanned_);
  if (found == nullptr) {
    scanned_ = end_;
    // The last byte may be the CR of a line end that has not come yet.
    if (end_ - begin_ <= line_bytes_max_ + 1) return false;
    line = cut(line_bytes_max_);
    return true;
  }
  scanned_ = static_cast<std::size_t>(static_cast<const char*>(found) - bytes_.get());
  const std::size_t size = scanned_ - begin_;
  const std::size_t cr = size > 0 && bytes_[scanned_ - 1] == '\r' ? 1 : 0;
  if (size - cr > line_bytes_max_) {
    line = cut(line_bytes_max_);
    return true;
  }
  line = take(size - cr);
  begin_ = ++scanned_;
  return true;
}

bool LineSplitter::rest(Line& line) noexcept {
  if (next(line)) return true;
  if (begin_ == end_) {
    at_start_ = true;
    return false;
  }
  const std::size_t size = end_ - begin_;
  if (size > line_bytes_max_) {
    line = cut(line_bytes_max_);
    return true;
  }
  line = take(size);
  begin_ = scanned_ = end_;
  return true;
}

// The first `size` bytes of a line that is longer.
Line LineSplitter::cut(std::size_t size) noexcept {
  const Line line{{bytes_.get() + begin_, size}, Line::Kind::piece};
  begin_ += size;
  scanned_ = std::max(scanned_, begin_);
  in_pieces_ = true;
  return line;
}

// All that is left of a line.
Line LineSplitter::take(std::size_t size) noexcept {
  const bool was_in_pieces = std::exchange(in_pieces_, false);
  return {{bytes_.get() + begin_, size},
          was_in_pieces ? Line::Kind::last_piece : Line::Kind::whole};
}

}  // namespace penstock::cli
