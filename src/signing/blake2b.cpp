// SPDX-License-Identifier: Apache-2.0
#include "signing/blake2b.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>

namespace penstock::signing {
namespace {

using Words8 = std::array<std::uint64_t, 8>;
using Words16 = std::array<std::uint64_t, 16>;

constexpr std::size_t block_bytes = 128;

// RFC 7693, 2.6 and 2.7.
constexpr Words8 initial = {0x6a09e667f3bcc908, 0xbb67ae8584caa73b, 0x3c6ef372fe94f82b,
                            0xa54ff53a5f1d36f1, 0x510e527fade682d1, 0x9b05688c2b3e6c1f,
                            0x1f83d9abfb41bd6b, 0x5be0cd19137e2179};
constexpr std::array<std::array<std::uint8_t, 16>, 10> schedule = {{
    {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15},
    {14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3},
    {11, 8, 12, 0, 5, 2, 15, 13, 10, 14, 3, 6, 7, 1, 9, 4},
    {7, 9, 3, 1, 13, 12, 11, 14, 2, 6, 5, 10, 4, 0, 15, 8},
    {9, 0, 5, 7, 2, 4, 10, 15, 14, 1, 11, 12, 6, 8, 3, 13},
    {2, 12, 6, 10, 0, 11, 8, 3, 4, 13, 7, 5, 15, 14, 1, 9},
    {12, 5, 1, 15, 14, 13, 4, 10, 0, 7, 6, 3, 9, 2, 8, 11},
    {13, 11, 7, 14, 12, 1, 3, 9, 5, 0, 15, 4, 8, 6, 2, 10},
    {6, 15, 14, 9, 11, 3, 0, 8, 12, 2, 13, 7, 1, 4, 10, 5},
    {10, 2, 8, 4, 7, 6, 1, 5, 15, 11, 9, 14, 3, 12, 13, 0},
}};

// The words that one step mixes: columns, then diagonals.
constexpr std::array<std::array<std::uint8_t, 4>, 8> steps = {{{0, 4, 8, 12},
                                                               {1, 5, 9, 13},
                                                               {2, 6, 10, 14},
                                                               {3, 7, 11, 15},
                                                               {0, 5, 10, 15},
                                                               {1, 6, 11, 12},
                                                               {2, 7, 8, 13},
                                                               {3, 4, 9, 14}}};

struct State {
  Words8 chain = initial;
  Words16 block{};
  Words16 work{};

  State() = default;
  State(const State&) = delete;
  State& operator=(const State&) = delete;
  ~State() { wipe({reinterpret_cast<unsigned char*>(this), sizeof *this}); }
};

void mix(Words16& v, const std::array<std::uint8_t, 4>& at, std::uint64_t x, std::uint64_t y) {
  auto& [a, b, c, d] = at;
  v[a] += v[b] + x;
  v[d] = std::rotr(v[d] ^ v[a], 32);
  v[c] += v[d];
  v[b] = std::rotr(v[b] ^ v[c], 24);
  v[a] += v[b] + y;
  v[d] = std::rotr(v[d] ^ v[a], 16);
  v[c] += v[d];
  v[b] = std::rotr(v[b] ^ v[c], 63);
}

// `total` counts the bytes up to the end of this block. A message of 2^64 bytes does not occur.
void compress(State& state, std::uint64_t total, bool last) {
  Words16& v = state.work;
  std::copy(state.chain.begin(), state.chain.end(), v.begin());
  std::copy(initial.begin(), initial.end(), v.begin() + 8);
  v[12] ^= total;
  if (last) v[14] = ~v[14];
  for (std::size_t round = 0; round < 12; ++round) {
    const auto& order = schedule[round % schedule.size()];
    for (std::size_t i = 0; i < steps.size(); ++i) {
      mix(v, steps[i], state.block[order[2 * i]], state.block[order[2 * i + 1]]);
    }
  }
  for (std::size_t i = 0; i < 8; ++i) state.chain[i] ^= v[i] ^ v[i + 8];
}

void load(Words16& block, ByteView bytes) {
  block.fill(0);
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    block[i / 8] |= std::uint64_t{bytes[i]} << (8 * (i % 8));
  }
}

}  // namespace

void blake2b(ByteView message, std::span<unsigned char> digest) noexcept {
  State state;
  state.chain[0] ^= 0x01010000U ^ digest.size();
  std::uint64_t total = 0;
  while (message.size() > block_bytes) {
    load(state.block, message.first(block_bytes));
    message = message.subspan(block_bytes);
    compress(state, total += block_bytes, false);
  }
  load(state.block, message);
  compress(state, total + message.size(), true);
  for (std::size_t i = 0; i < digest.size(); ++i) {
    digest[i] = static_cast<unsigned char>(state.chain[i / 8] >> (8 * (i % 8)));
  }
}

}  // namespace penstock::signing
