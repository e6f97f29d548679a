// SPDX-License-Identifier: Apache-2.0
// piece.hpp: literals that are copied to the output again and again.
#pragma once

#include <cstddef>
#include <cstring>
#include <deque>
#include <string>
#include <string_view>

namespace penstock::event {

// Copied in steps of this size: for a fixed size the compiler needs no call. So that many bytes
// more may be read after a piece, and written after its copy.
inline constexpr std::size_t piece_padding = 16;

struct Piece {
  const char* data = "                ";
  std::size_t size = 0;

  std::string_view view() const noexcept { return {data, size}; }
};

// By value: what is written at `to` could be the piece, for all the compiler knows.
inline char* put_piece(char* to, Piece piece) noexcept {
  std::memcpy(to, piece.data, piece_padding);  // of an empty one as well: no branch for it
  for (std::size_t at = piece_padding; at < piece.size; at += piece_padding) {
    std::memcpy(to + at, piece.data + at, piece_padding);
  }
  return to + piece.size;
}

// Keeps the bytes of pieces.
class PieceStore {
 public:
  Piece add(std::string text) {
    const std::size_t size = text.size();
    text.append(piece_padding, '\0');
    texts_.push_back(std::move(text));
    return {texts_.back().data(), size};
  }

 private:
  std::deque<std::string> texts_{};  // which never moves its elements
};

}  // namespace penstock::event
