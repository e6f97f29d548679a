// SPDX-License-Identifier: Apache-2.0
// content_hash.hpp: the hashes of a file's content.
//
// Threads  [any]
// Bound    a buffer of 64 KiB, whatever the size of the file
// Errors   no regular file; cannot be read; larger than allowed; changed while it was read
#pragma once

#include <cstdint>
#include <string>

#include "penstock/result.hpp"
#include "signing/crypto.hpp"

namespace penstock::signing {

// Both in one pass: signatures are over BLAKE2b, and people know files by their SHA-256.
struct ContentHash {
  Blake2b512 blake2b{};
  Sha256 sha256{};

  friend bool operator==(const ContentHash&, const ContentHash&) = default;
};

inline constexpr std::uint64_t hashed_bytes_max = 1024ULL * 1024 * 1024;

// Of all of the open file, from offset 0; its own offset stays where it is. The hash tells what the
// file held at that time: whoever loads it afterwards has to keep writers off, by a sealed copy.
// Waits for the disk.
Result<ContentHash> hash_content(int fd, std::uint64_t bytes_max = hashed_bytes_max);

ContentHash hash_content(ByteView content);

}  // namespace penstock::signing
