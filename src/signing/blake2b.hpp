// SPDX-License-Identifier: Apache-2.0
// blake2b.hpp: BLAKE2b with digests of any size, for the checksum in secret keys.
//
// OpenSSL 3.0 has BLAKE2b with 512 bits alone, and shorter digests are no prefixes of it. Files are
// hashed by OpenSSL (content_hash.hpp); this is for the hundred bytes of a key. A test compares the
// two.
//
// Threads  [any]
#pragma once

#include <span>

#include "signing/bytes.hpp"

namespace penstock::signing {

// RFC 7693, without a key. `digest` has 1 .. 64 bytes. Leaves nothing of `message` in memory.
void blake2b(ByteView message, std::span<unsigned char> digest) noexcept;

}  // namespace penstock::signing
