// SPDX-License-Identifier: Apache-2.0
// line_splitter.hpp: bytes in, lines out, where they stand: nothing is copied but the beginning of
// a line whose end has not come yet.
//
// A line ends with LF; one CR before it is not part of it. It may hold any other bytes. A line
// longer than `line_bytes_max` comes in pieces of that size. A byte order mark (U+FEFF in UTF-8) at
// the beginning of an input is not part of its first line.
//
// Threads  one at a time
// Bound    line_bytes_max plus two reads, rounded up to a power of two
// Loss     none: lines and pieces together are the input without its mark and its line ends
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string_view>

namespace penstock::cli {

struct Line {
  std::string_view text{};
  enum class Kind {
    whole,
    piece,       // more of the same line follows
    last_piece,  // the end of a line that came in pieces
  } kind = Kind::whole;
};

class LineSplitter {
 public:
  // So many bytes behind each line may be read (they are not part of it). For the JSON parser.
  static constexpr std::size_t padding_bytes = 64;
  static constexpr std::size_t read_bytes = std::size_t{256} * 1024;

  explicit LineSplitter(std::size_t line_bytes_max);

  // Where the next bytes of the input go: at least `read_bytes`. Ends the life of all lines.
  std::span<char> room();
  // So many of them are there now.
  void commit(std::size_t bytes) noexcept { end_ += bytes; }

  // The next line that has ended, or the next piece. Valid until room().
  bool next(Line& line) noexcept;
  // When the input has ended: what stands behind the last line end, if anything. After `false` the
  // next input begins.
  bool rest(Line& line) noexcept;

  // Is there the beginning of a line?
  bool has_rest() const noexcept { return begin_ != end_; }

 private:
  void grow(std::size_t capacity);
  bool is_past_mark() noexcept;
  Line cut(std::size_t size) noexcept;
  Line take(std::size_t size) noexcept;

  const std::size_t line_bytes_max_;
  std::unique_ptr<char[]> bytes_{};
  std::size_t capacity_ = 0;
  std::size_t begin_ = 0;    // of the next line
  std::size_t scanned_ = 0;  // there is no line end from begin_ to here
  std::size_t end_ = 0;      // of what has been read
  bool in_pieces_ = false;
  bool at_start_ = true;  // of an input: a byte order mark may come
};

}  // namespace penstock::cli
